import {
  type Entry,
  newConfState,
  newEntry,
  newSnapshot,
  type Snapshot,
} from "../../../src/proto/raftpb.ts";
import type { SleepRecord } from "../../../src/storage/wal/sleep-record.ts";
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

/** A sleep record with two leases and a member that was missed. */
export function sleepAt(index: number, term: number): SleepRecord {
  const leases = [
    { id: 7n, leftMs: 12_345 },
    { id: 0x7fff_ffff_ffff_ffffn, leftMs: 9_000_000_000_000 },
  ];
  return { term, index, clockMs: 1_800_000_000_000, leases, absent: [3] };
}

export const voter = newConfState({ voters: [1] });

/** A snapshot whose data says where it was taken. */
export function snapshotAt(index: number, term: number, voters: readonly number[] = [1]): Snapshot {
  return newSnapshot(
    { index, term, confState: newConfState({ voters }) },
    utf8(`manifest ${term}/${index}`),
  );
}
