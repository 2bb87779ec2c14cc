import { compareBytes, sameBytes } from "../../proto/bytes.ts";
import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import { type Entry, firstRank, type Position } from "../../storage/blocks/entry.ts";
import { hashOfKey } from "../../storage/blocks/key-filter.ts";
import { unitAt } from "../../storage/blocks/run-cursor.ts";
import { byteString, bytesOf, KEY_RANGE_INFINITY } from "../keys/key-range.ts";
import type { Scan, Walk } from "../store/overlay.ts";
import { type HistoryEntry, lastRankOf, type Passed, type Row, rankOf } from "../store/version.ts";
import { type Manifest, type Run, runsOf } from "./base-manifest.ts";
import { LiveCount, PassedCount } from "./counts.ts";
import { changeOfHistory, historyPosition } from "./history-entry.ts";
import { type Attachment, attachmentOf } from "./lease-entry.ts";
import { MergedCursor } from "./merged-cursor.ts";
import { sumRange } from "./range-sums.ts";
import { keyValueOf } from "./version-entry.ts";

/** A key that hangs on a lease. */
export interface LeasedEntry extends Attachment {
  readonly key: string;
}

/**
 * Answers from the blocks of one manifest. Reads name the revision they are of, which is at or
 * above the manifest's compaction. All of it throws StorageDamagedError where a block is damaged or
 * gone.
 */
export class BaseReader {
  readonly #reader: BlockReader;
  readonly #versions: readonly Run[];
  readonly #history: readonly Run[];
  readonly #leases: readonly Run[];
  readonly #revision: number;

  constructor(manifest: Manifest, reader: BlockReader) {
    this.#reader = reader;
    this.#versions = runsOf(manifest.versions);
    this.#history = runsOf(manifest.history);
    this.#leases = runsOf(manifest.leases);
    this.#revision = manifest.revision;
  }

  /** Everything up to it is in the base. */
  get revision(): number {
    return this.#revision;
  }

  /** The newest version at or below `revision`; tombstones included. */
  get(key: string, revision: number): KeyValue | undefined {
    return this.#first(bytesOf(key), lastRankOf(revision), false);
  }

  /** Exactly this version. */
  version({ key, revision, second }: HistoryEntry): KeyValue | undefined {
    return this.#first(bytesOf(key), rankOf(revision, second), true);
  }

  /** The first run that has the key from a rank on has its newest: runs above have newer ones. */
  #first(key: Uint8Array, rank: number, exactly: boolean): KeyValue | undefined {
    const position = { key, rank };
    const hash = hashOfKey(key);
    for (const run of this.#versions) {
      const unit = run[unitAt(this.#reader, run, position)];
      if (unit === undefined || unit.sums.minRank > rank) continue;
      const entry = this.#reader.findKey(unit.address, position, hash);
      if (entry === undefined || !sameBytes(entry.key, key)) continue;
      if (!exactly || entry.rank === rank) return keyValueOf(entry, this.#reader);
    }
    return undefined;
  }

  /** The keys with begin <= key < end that live at `revision`. */
  *scanLive(begin: string, end: string, revision: number, reverse: boolean): Scan {
    const ranks = { last: lastRankOf(revision), above: firstRank };
    for (const { newest } of this.#keys(begin, end, ranks, reverse)) {
      const kv = newest && keyValueOf(newest, this.#reader);
      if (kv !== undefined && kv.version > 0) yield [byteString(kv.key), kv];
    }
  }

  /**
   * All keys, with the newest version at or below the revision, and how many versions above `above`
   * a walk passes.
   */
  *walk(begin: string, end: string, revision: number, above: number, reverse: boolean): Walk {
    const ranks = { last: lastRankOf(revision), above: rankAbove(above) };
    for (const { key, newest, passed } of this.#keys(begin, end, ranks, reverse)) {
      yield [byteString(key), newest && keyValueOf(newest, this.#reader), passed];
    }
  }

  /** How many live there: by the sums of blocks, but for those that changed after `revision`. */
  countLive(begin: string, end: string, revision: number): number {
    const count = new LiveCount(lastRankOf(revision));
    for (const run of this.#versions) sumRange(this.#reader, run, rangeOf(begin, end), count);
    return count.live;
  }

  /** The versions of the range above `above`, up to `revision`; `most` where there are more. */
  passed(begin: string, end: string, above: number, revision: number, most: number): Passed {
    const last = revision >= this.#revision ? firstRank : lastRankOf(revision);
    const count = new PassedCount(rankAbove(above), last, most);
    for (const run of this.#versions) sumRange(this.#reader, run, rangeOf(begin, end), count);
    return { count: Math.min(count.count, most), keyBytes: count.keyBytes };
  }

  /** The live keys that hang on leases, in key order: as of the base's own revision. */
  *leased(): Generator<LeasedEntry> {
    const cursor = new MergedCursor(this.#reader, this.#leases, false);
    cursor.begin();
    let last: Uint8Array | undefined;
    for (let { head } = cursor; head !== undefined; { head } = cursor) {
      const isNewest = last === undefined || !sameBytes(last, head.key);
      last = head.key;
      const attached = isNewest ? attachmentOf(head) : undefined;
      if (attached !== undefined) yield { key: byteString(head.key), ...attached };
      cursor.next();
    }
  }

  /** What changed, in the order it was made, from a revision on. */
  *changesFrom(revision: number): Generator<HistoryEntry> {
    const cursor = new MergedCursor(this.#reader, this.#history, false);
    cursor.seek(historyPosition(revision));
    for (let { head } = cursor; head !== undefined; { head } = cursor) {
      yield changeOfHistory(head);
      cursor.next();
    }
  }

  /** All versions, by key and the newest of each first, from after a position on. */
  *rows(after?: Position): Generator<Row> {
    const cursor = new MergedCursor(this.#reader, this.#versions, false);
    if (after === undefined) cursor.begin();
    else cursor.seek(after);
    const { head } = cursor;
    if (after !== undefined && head?.rank === after.rank && sameBytes(head.key, after.key)) {
      cursor.next();
    }
    for (let { head: entry } = cursor; entry !== undefined; { head: entry } = cursor) {
      const kv = keyValueOf(entry, this.#reader);
      yield { key: byteString(entry.key), kv, second: entry.rank % 2 === 1 };
      cursor.next();
    }
  }

  /** Each key of a range, whether it lives or not. */
  *#keys(begin: string, end: string, ranks: Ranks, reverse: boolean): Generator<KeyEntries> {
    if (begin >= end) return;
    const { begin: from, end: to } = rangeOf(begin, end);
    const cursor = new MergedCursor(this.#reader, this.#versions, reverse);
    const start = reverse ? to : from;
    if (start === undefined) cursor.begin();
    else cursor.seek({ key: start, rank: firstRank });
    let key: Uint8Array | undefined;
    let newest: Entry | undefined;
    let passed = 0;
    for (let { head } = cursor; head !== undefined; { head } = cursor) {
      if (key === undefined || !sameBytes(key, head.key)) {
        if (key !== undefined) yield { key, newest, passed };
        const { key: next } = head;
        const ends = reverse ? compareBytes(next, from) < 0 : to && compareBytes(next, to) >= 0;
        if (ends) return;
        [key, newest, passed] = [next, undefined, 0];
      }
      // In reverse the newest comes last.
      if (head.rank <= ranks.last && (reverse || newest === undefined)) newest = head;
      if (head.rank > ranks.above) passed++;
      cursor.next();
    }
    if (key !== undefined) yield { key, newest, passed };
  }
}

/** Up to which rank a version is looked for, and above which one versions are counted. */
interface Ranks {
  readonly last: number;
  readonly above: number;
}

interface KeyEntries {
  readonly key: Uint8Array;
  /** The newest at or below the rank that is looked for. */
  readonly newest: Entry | undefined;
  /** How many are above the other rank. */
  readonly passed: number;
}

function rangeOf(begin: string, end: string) {
  return {
    begin: bytesOf(begin),
    end: end === KEY_RANGE_INFINITY ? undefined : bytesOf(end),
  };
}

/** Ranks of the versions from after a revision on are above it. */
function rankAbove(revision: number): number {
  return revision < 0 ? -1 : lastRankOf(revision);
}
