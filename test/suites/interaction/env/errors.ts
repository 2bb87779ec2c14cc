import { ConfChangeError } from "../../../../src/raft/confchange/errors.ts";
import * as raft from "../../../../src/raft/errors.ts";

/** A command that cannot be carried out. Its text is part of what the command prints. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

const printed = [
  CommandError,
  ConfChangeError,
  raft.CompactedError,
  raft.ConfigError,
  raft.InvalidMessageError,
  raft.ProposalDroppedError,
  raft.SnapshotOutOfDateError,
  raft.SnapshotTemporarilyUnavailableError,
  raft.StepLocalMessageError,
  raft.StepPeerNotFoundError,
  raft.UnavailableError,
];

/** Whether an error is an outcome to print. Any other ends the script: the core is broken. */
export function isPrinted(error: unknown): error is Error {
  return printed.some((type) => error instanceof type);
}
