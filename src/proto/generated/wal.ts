// Generated from wal.proto by `npm run proto`. Do not edit.
import { ConfState } from "./raft.ts";
import { field as f, Message } from "../message.ts";

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
