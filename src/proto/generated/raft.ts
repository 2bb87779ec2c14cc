// Generated from raft.proto by `npm run proto`. Do not edit.
import { field as f, Message, noItems } from "../message.ts";

export interface ConfState {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean | undefined;
}
export const ConfState: Message<ConfState> = new Message("ConfState", [
  f("voters", "voters", 1, "uint64", { repeated: true, strict: true }),
  f("learners", "learners", 2, "uint64", { repeated: true, strict: true }),
  f("voters_outgoing", "votersOutgoing", 3, "uint64", { repeated: true, strict: true }),
  f("learners_next", "learnersNext", 4, "uint64", { repeated: true, strict: true }),
  f("auto_leave", "autoLeave", 5, "bool", { optional: true }),
], () => ({
  voters: noItems,
  learners: noItems,
  votersOutgoing: noItems,
  learnersNext: noItems,
  autoLeave: undefined,
}));

export interface SnapshotMetadata {
  readonly confState: ConfState | undefined;
  readonly index: number | undefined;
  readonly term: number | undefined;
}
export const SnapshotMetadata: Message<SnapshotMetadata> = new Message("SnapshotMetadata", [
  f("conf_state", "confState", 1, "message", { message: () => ConfState }),
  f("index", "index", 2, "uint64", { strict: true, optional: true }),
  f("term", "term", 3, "uint64", { strict: true, optional: true }),
], () => ({
  confState: undefined,
  index: undefined,
  term: undefined,
}));

export interface Snapshot {
  readonly data: Uint8Array | undefined;
  readonly metadata: SnapshotMetadata | undefined;
}
export const Snapshot: Message<Snapshot> = new Message("Snapshot", [
  f("data", "data", 1, "bytes", { optional: true }),
  f("metadata", "metadata", 2, "message", { message: () => SnapshotMetadata }),
], () => ({
  data: undefined,
  metadata: undefined,
}));
