import { ConfigError } from "./errors.ts";
import { noLimit } from "./log/size.ts";
import { discardLogger, type Logger } from "./logger.ts";
import type { Storage } from "./storage.ts";
import { isLocalTarget, None } from "./target.ts";
import type { TraceLogger } from "./tracing.ts";
import { ReadOnlyOption } from "./types.ts";

/** The configuration of a node. Source: Config of etcd's raft.go. */
export interface Config {
  /** This node's id: a positive integer. */
  readonly id: number;

  /**
   * Ticks without a leader after which a follower campaigns, plus a random number of up to as many;
   * more than heartbeatTick, best ten times as many.
   */
  readonly electionTick: number;
  /** Ticks between a leader's heartbeats. */
  readonly heartbeatTick: number;

  readonly storage: Storage;
  /**
   * The index applied before a restart: entries up to it are not handed out again. 0: as the
   * storage's first index says.
   */
  readonly applied?: number;

  /** A random integer from 0 to below `bound`. */
  readonly random: (bound: number) => number;

  /**
   * Whether storage is written by messages (MsgStorageAppend, MsgStorageApply and their responses)
   * instead of Ready and advance.
   */
  readonly asyncStorageWrites?: boolean;

  /** Bytes of entries in one MsgApp. 0: one entry each; Infinity: no limit. */
  readonly maxSizePerMsg: number;
  /**
   * Bytes of committed entries that are handed out and not yet applied. 0: as maxSizePerMsg.
   */
  readonly maxCommittedSizePerReady?: number;
  /** Bytes of uncommitted payload in a leader's log; 0: no limit. */
  readonly maxUncommittedEntriesSize?: number;
  /** MsgApps in flight to one follower. */
  readonly maxInflightMsgs: number;
  /** Bytes in flight to one follower, at least maxSizePerMsg; 0: no limit. */
  readonly maxInflightBytes?: number;

  /** Whether a leader steps down that has not heard of a quorum for an election timeout. */
  readonly checkQuorum?: boolean;
  /** Whether a campaign begins with a pre-election (Raft thesis, 9.6). */
  readonly preVote?: boolean;
  readonly readOnlyOption?: ReadOnlyOption;

  /** Discards everything by default. */
  readonly logger?: Logger;

  /** Whether followers drop proposals instead of forwarding them to the leader. */
  readonly disableProposalForwarding?: boolean;
  /**
   * Whether configuration changes are proposed without a check. Only for hosts that check and
   * serialize them: applying an invalid change ends the node.
   */
  readonly disableConfChangeValidation?: boolean;
  /** Whether a leader that was removed or demoted steps down. */
  readonly stepDownOnRemoval?: boolean;

  /**
   * Whether a term may outlive its leader's memory (resumeLeadership): a voter that answers a read
   * round then says how far its log goes in that term, so that a life of the leader which another
   * has succeeded is found out. Of this project: etcd's raft has nothing like it.
   */
  readonly resumable?: boolean;

  /** Is told of every transition of the state machine; see trace.ts. */
  readonly traceLogger?: TraceLogger;
}

/** A valid Config with all defaults filled in. */
export type ResolvedConfig = Required<Omit<Config, "traceLogger">> & {
  readonly traceLogger: TraceLogger | undefined;
};

function require(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new ConfigError(reason);
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isLimit = (value: number): boolean => isCount(value) || value === noLimit;

function requireNumbers(config: Config): void {
  const counts = ["id", "electionTick", "heartbeatTick", "applied", "maxInflightMsgs"] as const;
  for (const name of counts) {
    const value = config[name] ?? 0;
    // A local id gets its own message.
    const fine = isCount(value) || (name === "id" && isLocalTarget(value));
    require(fine, `${name} must be a safe integer of 0 or more, not ${value}`);
  }
  const limits = [
    "maxSizePerMsg",
    "maxCommittedSizePerReady",
    "maxUncommittedEntriesSize",
    "maxInflightBytes",
  ] as const;
  for (const name of limits) {
    const value = config[name] ?? 0;
    require(isLimit(
      value,
    ), `${name} must be a safe integer of 0 or more or Infinity, not ${value}`);
  }
}

/** The Config with its defaults. Throws ConfigError with the reason where it cannot work. */
export function resolveConfig(config: Config): ResolvedConfig {
  requireNumbers(config);
  require(config.id !== None, "cannot use none as id");
  require(!isLocalTarget(config.id), "cannot use local target as id");
  require(config.heartbeatTick > 0, "heartbeat tick must be greater than 0");
  const ticks = config.electionTick > config.heartbeatTick;
  require(ticks, "election tick must be greater than heartbeat tick");
  require(Boolean(config.storage), "storage cannot be nil");
  require(typeof config.random === "function", "random must be a function");
  require(config.maxInflightMsgs > 0, "max inflight messages must be greater than 0");
  const maxInflightBytes = config.maxInflightBytes ?? 0;
  require(maxInflightBytes === 0 ||
    maxInflightBytes >= config.maxSizePerMsg, "max inflight bytes must be >= max message size");
  const readOnlyOption = config.readOnlyOption ?? ReadOnlyOption.ReadOnlySafe;
  const checkQuorum = config.checkQuorum ?? false;
  require(readOnlyOption === ReadOnlyOption.ReadOnlySafe ||
    checkQuorum, "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased");
  return {
    id: config.id,
    electionTick: config.electionTick,
    heartbeatTick: config.heartbeatTick,
    storage: config.storage,
    applied: config.applied ?? 0,
    random: config.random,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    maxSizePerMsg: config.maxSizePerMsg,
    // At least 1, since with 0 nothing would ever be handed out.
    maxCommittedSizePerReady: config.maxCommittedSizePerReady || Math.max(config.maxSizePerMsg, 1),
    maxUncommittedEntriesSize: config.maxUncommittedEntriesSize || noLimit,
    maxInflightMsgs: config.maxInflightMsgs,
    // Inflights take 0 for no limit.
    maxInflightBytes: maxInflightBytes === noLimit ? 0 : maxInflightBytes,
    checkQuorum,
    preVote: config.preVote ?? false,
    readOnlyOption,
    logger: config.logger ?? discardLogger,
    disableProposalForwarding: config.disableProposalForwarding ?? false,
    disableConfChangeValidation: config.disableConfChangeValidation ?? false,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
    resumable: config.resumable ?? false,
    traceLogger: config.traceLogger,
  };
}
