import {
  type Entry,
  newConfState,
  newEntry,
  newSnapshot,
  type Snapshot,
} from "../../../src/proto/raftpb.ts";
import { utf8 } from "../../support/bytes.ts";

/** Short logs and snapshots for the tests of the storage. */

/** Entries from..to of one term; their data says which they are, in `bytes` bytes at least. */
export function entries(from: number, to: number, term: number, bytes = 0): Entry[] {
  const list: Entry[] = [];
  for (let index = from; index <= to; index++) {
    list.push(newEntry({ index, term, data: utf8(`${term}/${index}`.padEnd(bytes, ".")) }));
  }
  return list;
}

export const voter = newConfState({ voters: [1] });

/** A snapshot whose data says where it was taken. */
export function snapshotAt(index: number, term: number, voters: readonly number[] = [1]): Snapshot {
  return newSnapshot(
    { index, term, confState: newConfState({ voters }) },
    utf8(`manifest ${term}/${index}`),
  );
}
