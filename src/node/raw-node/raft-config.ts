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

/** How every member runs raft. */
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
    // The front goes to the leader: an entry is proposed by the member that answers for it.
    disableProposalForwarding: true,
    stepDownOnRemoval: true,
  };
}

/** Raft's own words go to the member's log; what raft calls fatal it throws besides. */
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

/** Messages that a frame never carries: proposals stay with their leader, snapshots are calls. */
const notByFrame: ReadonlySet<MessageType> = new Set<MessageType>([
  MessageType.MsgProp,
  MessageType.MsgSnap,
  MessageType.MsgTransferLeader,
  MessageType.MsgForgetLeader,
]);

/** Why a message does not come in a frame from that member to this one; "" where it may. */
export function frameFault({ type, from, to }: Message, sender: number, self: number): string {
  if (from !== sender) return `it says that it is from member ${from}`;
  if (to !== self) return `it is for member ${to}`;
  return notByFrame.has(type) ? `type ${type} does not come in frames` : "";
}

/**
 * A heartbeat or its response without the context of a read round. A superseded instance may still
 * hold a socket, so what comes by one never acknowledges a round.
 */
export function withoutRound(message: Message): Message {
  const { type, context } = message;
  const round = type === MessageType.MsgHeartbeat || type === MessageType.MsgHeartbeatResp;
  return round && context !== undefined ? { ...message, context: undefined } : message;
}

/** Whether raft refused a message that came from outside, and took nothing of it. */
export function isRefusal(error: unknown): error is Error {
  return (
    error instanceof DecodeError ||
    error instanceof InvalidMessageError ||
    error instanceof StepLocalMessageError ||
    error instanceof StepPeerNotFoundError ||
    error instanceof ProposalDroppedError
  );
}
