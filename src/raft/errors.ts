/** The core's declared errors. Where etcd has the error, the text is etcd's. */
import type { Logger } from "./logger.ts";

/** A node's configuration that cannot work. The message is the reason. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The entry was compacted. */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
  constructor() {
    super("requested index is unavailable due to compaction");
  }
}

/** The entry is not there (yet). */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  constructor() {
    super("requested entry at index is unavailable");
  }
}

/** A snapshot that is not newer than the current one. */
export class SnapshotOutOfDateError extends Error {
  override readonly name = "SnapshotOutOfDateError";
  constructor() {
    super("requested index is older than the existing snapshot");
  }
}

/** The storage is still making its snapshot; raft asks again later. */
export class SnapshotTemporarilyUnavailableError extends Error {
  override readonly name = "SnapshotTemporarilyUnavailableError";
  constructor() {
    super("snapshot is temporarily unavailable");
  }
}

/** The proposal did not enter the log, and never will. */
export class ProposalDroppedError extends Error {
  override readonly name = "ProposalDroppedError";
  constructor() {
    super("raft proposal dropped");
  }
}

/** A message that only the node itself may make was stepped. */
export class StepLocalMessageError extends Error {
  override readonly name = "StepLocalMessageError";
  constructor() {
    super("raft: cannot step raft local message");
  }
}

/** A response from a node that is not a member. */
export class StepPeerNotFoundError extends Error {
  override readonly name = "StepPeerNotFoundError";
  constructor() {
    super("raft: cannot step as peer not found");
  }
}

/** A message that no correct node sends. It changed nothing. */
export class InvalidMessageError extends Error {
  override readonly name = "InvalidMessageError";
  /** Whether the sender relies on entries that this node has had and lost. */
  readonly lostLog: boolean;

  constructor(message?: string, lostLog = false) {
    super(message);
    this.lostLog = lostLog;
  }
}

/** An impossible state. Code that catches this must not go on using the node. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Logs and throws a broken invariant. */
export function panic(logger: Logger, message: string): never {
  logger.panic(message);
  throw new InvariantError(message);
}
