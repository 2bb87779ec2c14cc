// Generated from wal.proto by `npm run proto`. Do not edit.
import { ConfState } from "./raft.ts";
import { field as f, Message, noItems } from "../message.ts";

/** What a leader that goes to sleep leaves to the life that wakes. */
export interface Sleep {
  /** 1. A reader does without a record of a format that it does not know. */
  readonly format: number | undefined;
  /** The term that is led, and the last index, which is committed and applied. */
  readonly term: number | undefined;
  readonly index: number | undefined;
  /** The leader's clock, milliseconds since the epoch. */
  readonly clockMs: number | undefined;
  /** 16 bytes for each lease, ascending by id: id, and the milliseconds that it had left, big-endian. */
  readonly leases: Uint8Array | undefined;
  /** Members that did not agree to sleep. */
  readonly absent: readonly number[];
}
export const Sleep: Message<Sleep> = new Message("Sleep", [
  f("format", "format", 1, "uint32", { optional: true }),
  f("term", "term", 2, "uint64", { strict: true, optional: true }),
  f("index", "index", 3, "uint64", { strict: true, optional: true }),
  f("clock_ms", "clockMs", 4, "uint64", { strict: true, optional: true }),
  f("leases", "leases", 5, "bytes", { optional: true }),
  f("absent", "absent", 6, "uint64", { repeated: true, strict: true }),
], () => ({
  format: undefined,
  term: undefined,
  index: undefined,
  clockMs: undefined,
  leases: undefined,
  absent: noItems,
}));

/** Where a snapshot was taken: never its data. */
export interface Snapshot {
  readonly index: number | undefined;
  readonly term: number | undefined;
  readonly confState: ConfState | undefined;
}
export const Snapshot: Message<Snapshot> = new Message("Snapshot", [
  f("index", "index", 1, "uint64", { strict: true, optional: true }),
  f("term", "term", 2, "uint64", { strict: true, optional: true }),
  f("conf_state", "confState", 3, "message", { message: () => ConfState }),
], () => ({
  index: undefined,
  term: undefined,
  confState: undefined,
}));
