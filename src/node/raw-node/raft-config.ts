import {
  type Config,
  DecodeError,
  InvalidMessageError,
  type Logger,
  type Message,
  MessageType,
  ProposalDroppedError,
  StepLocalMessageError,
  StepPeerNotFoundError,
  type Storage,
  type TraceLogger,
} from "../../raft/index.ts";
import type { MemberLog, Random } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";

interface NodeInputs {
  readonly storage: Storage;
  readonly applied: number;
  readonly random: Random;
  readonly logger: Logger;
  readonly traceLogger: TraceLogger | undefined;
}

/** The raft configuration of every member. */
export function raftConfig(id: number, tuning: Tuning, inputs: NodeInputs): Config {
  return {
    id,
    storage: inputs.storage,
    applied: inputs.applied,
    random: (bound) => inputs.random.below(bound),
    logger: inputs.logger,
    ...(inputs.traceLogger === undefined ? {} : { traceLogger: inputs.traceLogger }),
    electionTick: tuning.electionTicks,
    heartbeatTick: tuning.heartbeatTicks,
    maxSizePerMsg: tuning.maxMessageBytes,
    maxCommittedSizePerReady: tuning.maxReadyBytes,
    maxUncommittedEntriesSize: tuning.maxUncommittedBytes,
    maxInflightMsgs: tuning.maxInflightMessages,
    maxInflightBytes: tuning.maxInflightBytes,
    checkQuorum: true,
    preVote: true,
    // The front sends requests to the leader: a member only proposes what it answers itself.
    disableProposalForwarding: true,
    stepDownOnRemoval: true,
    resumable: true,
  };
}

/** Writes raft's log to the member's. Raft's fatal errors are thrown as well. */
export function raftLogger(log: MemberLog): Logger {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.debug(message),
    warning: (message) => log.debug(message),
    error: (message) => log.warn(message),
    fatal: (message) => log.error(message),
    panic: (message) => log.error(message),
  };
}

/** Messages that never come in a frame: proposals stay with their leader, snapshots are calls. */
const notByFrame: ReadonlySet<MessageType> = new Set<MessageType>([
  MessageType.MsgProp,
  MessageType.MsgSnap,
  MessageType.MsgTransferLeader,
  MessageType.MsgForgetLeader,
]);

/** Why a message may not come in a frame from that member; "" where it may. */
export function frameFault({ type, from, to }: Message, sender: number, self: number): string {
  if (from !== sender) return `it says that it is from member ${from}`;
  if (to !== self) return `it is for member ${to}`;
  return notByFrame.has(type) ? `type ${type} does not come in frames` : "";
}

/**
 * A heartbeat or its response without the context of a read round. A superseded instance may still
 * have a socket, so a message on a socket never acknowledges a round.
 */
export function withoutRound(message: Message): Message {
  const { type, context } = message;
  const round = type === MessageType.MsgHeartbeat || type === MessageType.MsgHeartbeatResp;
  return round && context !== undefined ? { ...message, context: undefined } : message;
}

/** Whether raft refused an outside message without changing anything. */
export function isRefusal(error: unknown): error is Error {
  return (
    error instanceof DecodeError ||
    error instanceof InvalidMessageError ||
    error instanceof StepLocalMessageError ||
    error instanceof StepPeerNotFoundError ||
    error instanceof ProposalDroppedError
  );
}
