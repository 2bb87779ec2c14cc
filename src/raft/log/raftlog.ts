import { type Entry, noEntries, type Snapshot } from "../../proto/raftpb.ts";
import { CompactedError, panic, UnavailableError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Storage } from "../storage.ts";
import { entriesSize, limitSize, noLimit } from "./size.ts";
import { Unstable } from "./unstable.ts";

/** Identifies an entry: entries of any two logs with equal index and term are equal. */
export interface EntryId {
  readonly term: number;
  readonly index: number;
}

/**
 * A node's log: the storage's entries and, from unstable.offset on, those that are not stored yet.
 * Invariant: applied <= applying <= committed <= lastIndex. Source: etcd's log.go.
 */
export class RaftLog {
  readonly storage: Storage;
  readonly unstable: Unstable;

  /** The highest index that a quorum is known to have stored. */
  committed: number;
  /** The highest index handed out to be applied. */
  applying: number;
  /** The highest index that the host has applied. */
  applied: number;

  readonly #logger: Logger;
  /** Bytes of entries that may be handed out and not yet applied. */
  readonly maxApplyingSize: number;
  /** Bytes of entries handed out and not yet applied. */
  applyingSize = 0;
  /** Whether nothing more is handed out until some of it is applied. */
  applyingPaused = false;

  /** The log in the storage; committed and applied up to its last compaction. */
  constructor(storage: Storage, logger: Logger, maxApplyingSize = noLimit) {
    this.storage = storage;
    this.#logger = logger;
    this.maxApplyingSize = maxApplyingSize;
    this.unstable = new Unstable(storage.lastIndex() + 1, logger);
    const compacted = storage.firstIndex() - 1;
    this.committed = compacted;
    this.applying = compacted;
    this.applied = compacted;
  }

  /** etcd's text, which appears in logs. */
  toString(): string {
    const { offset, offsetInProgress, entries } = this.unstable;
    return (
      `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, ` +
      `unstable.offset=${offset}, unstable.offsetInProgress=${offsetInProgress}, ` +
      `len(unstable.Entries)=${entries.length}`
    );
  }

  /**
   * Appends entries that follow the entry `prev`, and commits up to `committed`, at most the last
   * of them. Returns the last one's index; undefined where `prev` is not in the log.
   */
  maybeAppend(prev: EntryId, entries: readonly Entry[], committed: number): number | undefined {
    if (!this.matchTerm(prev.index, prev.term)) return undefined;
    const last = prev.index + entries.length;
    const conflict = this.findConflict(entries);
    if (conflict !== 0 && conflict <= this.committed) {
      const bound = `committed entry [committed(${this.committed})]`;
      panic(this.#logger, `entry ${conflict} conflict with ${bound}`);
    }
    if (conflict !== 0) {
      const known = conflict - (prev.index + 1);
      if (known > entries.length) {
        panic(this.#logger, `index, ${known}, is out of range [${entries.length}]`);
      }
      this.append(known === 0 ? entries : entries.slice(known));
    }
    this.commitTo(Math.min(committed, last));
    return last;
  }

  /** Appends entries, which replace all from the first one's index on. Returns the last index. */
  append(entries: readonly Entry[]): number {
    const first = entries[0];
    if (first === undefined) return this.lastIndex();
    const after = first.index - 1;
    if (after < this.committed) {
      panic(this.#logger, `after(${after}) is out of range [committed(${this.committed})]`);
    }
    this.unstable.truncateAndAppend(entries);
    return this.lastIndex();
  }

  /**
   * The index of the first of these consecutive entries that the log lacks, or has with another
   * term. 0 where the log has them all.
   */
  findConflict(entries: readonly Entry[]): number {
    for (let i = 0; i < entries.length; i++) {
      const { index, term } = entries[i] as Entry;
      if (this.matchTerm(index, term)) continue;
      if (index <= this.lastIndex()) {
        const terms = `existing term: ${this.maybeTerm(index) ?? 0}, conflicting term: ${term}`;
        this.#logger.info(`found conflict at index ${index} [${terms}]`);
      }
      return index;
    }
    return 0;
  }

  /**
   * The highest index <= `index` at which this log may match another log with an entry of `index`
   * and `term`: its term is <= `term`, or unknown here (then it answers term 0). Higher entries
   * differ for sure, so that a probe can skip them.
   */
  findConflictByTerm(index: number, term: number): EntryId {
    for (let i = index; i > 0; i--) {
      const ours = this.maybeTerm(i);
      if (ours === undefined) return { index: i, term: 0 };
      if (ours <= term) return { index: i, term: ours };
    }
    return { index: 0, term: 0 };
  }

  /** Unstable entries that were not handed out yet. */
  nextUnstableEnts(): readonly Entry[] {
    return this.unstable.nextEntries();
  }

  hasNextUnstableEnts(): boolean {
    return this.unstable.hasNextEntries();
  }

  hasNextOrInProgressUnstableEnts(): boolean {
    return this.unstable.entries.length > 0;
  }

  /**
   * Committed entries that were not handed out yet, up to the limit. @param allowUnstable whether
   * to include those that are not stored yet.
   */
  nextCommittedEnts(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommittedEnts(allowUnstable)) return noEntries;
    const room = this.maxApplyingSize - this.applyingSize;
    if (room <= 0) {
      const sizes = `(${this.maxApplyingSize}-${this.applyingSize})=${room}`;
      panic(this.#logger, `applying entry size ${sizes} not positive`);
    }
    return this.slice(this.applying + 1, this.#maxAppliableIndex(allowUnstable) + 1, room);
  }

  /** Whether nextCommittedEnts would return any, found without reading. */
  hasNextCommittedEnts(allowUnstable: boolean): boolean {
    // A snapshot is applied first, and alone.
    if (this.applyingPaused || this.hasNextOrInProgressSnapshot()) return false;
    return this.applying < this.#maxAppliableIndex(allowUnstable);
  }

  #maxAppliableIndex(allowUnstable: boolean): number {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  nextUnstableSnapshot(): Snapshot | undefined {
    return this.unstable.nextSnapshot();
  }

  hasNextUnstableSnapshot(): boolean {
    return this.unstable.nextSnapshot() !== undefined;
  }

  hasNextOrInProgressSnapshot(): boolean {
    return this.unstable.snapshot !== undefined;
  }

  /** The newest snapshot. Throws SnapshotTemporarilyUnavailableError as the storage does. */
  snapshot(): Snapshot {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  firstIndex(): number {
    return this.unstable.maybeFirstIndex() ?? this.storage.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.maybeLastIndex() ?? this.storage.lastIndex();
  }

  /** Commits up to `index`; never goes back. */
  commitTo(index: number): void {
    if (index <= this.committed) return;
    const last = this.lastIndex();
    if (last < index) panic(this.#logger, lostLogText(index, last));
    this.committed = index;
  }

  /** The host has applied up to `index`; the entries since the last call take `size` bytes. */
  appliedTo(index: number, size: number): void {
    if (this.committed < index || index < this.applied) {
      const bounds = `[prevApplied(${this.applied}), committed(${this.committed})]`;
      panic(this.#logger, `applied(${index}) is out of range ${bounds}`);
    }
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.applyingSize = Math.max(0, this.applyingSize - size);
    this.applyingPaused = this.applyingSize >= this.maxApplyingSize;
  }

  /** Entries up to `index`, of `size` bytes, are handed out to be applied. */
  acceptApplying(index: number, size: number, allowUnstable: boolean): void {
    if (this.committed < index) {
      const bounds = `[prevApplying(${this.applying}), committed(${this.committed})]`;
      panic(this.#logger, `applying(${index}) is out of range ${bounds}`);
    }
    this.applying = index;
    this.applyingSize += size;
    // Fewer entries than could be applied were handed out, so the next one exceeds the limit.
    const cut = index < this.#maxAppliableIndex(allowUnstable);
    this.applyingPaused = this.applyingSize >= this.maxApplyingSize || cut;
  }

  stableTo(index: number, term: number): void {
    this.unstable.stableTo(index, term);
  }

  stableSnapTo(index: number): void {
    this.unstable.stableSnapTo(index);
  }

  /** Everything unstable is handed out to be written. */
  acceptUnstable(): void {
    this.unstable.acceptInProgress();
  }

  lastTerm(): number {
    const index = this.lastIndex();
    const term = this.maybeTerm(index);
    if (term === undefined) {
      const why = this.#outOfRange(index).message;
      panic(this.#logger, `unexpected error when getting the last term at ${index}: ${why}`);
    }
    return term;
  }

  /** Throws CompactedError or UnavailableError where the term is unknown. */
  term(index: number): number {
    const term = this.maybeTerm(index);
    if (term === undefined) throw this.#outOfRange(index);
    return term;
  }

  #outOfRange(index: number): Error {
    return index + 1 < this.firstIndex() ? new CompactedError() : new UnavailableError();
  }

  /** The term of entry `index`, from firstIndex - 1 to lastIndex; undefined outside of that. */
  maybeTerm(index: number): number | undefined {
    const term = this.unstable.maybeTerm(index);
    if (term !== undefined) return term;
    if (index + 1 < this.firstIndex() || index > this.lastIndex()) return undefined;
    try {
      return this.storage.term(index);
    } catch (error) {
      if (error instanceof CompactedError || error instanceof UnavailableError) return undefined;
      throw error;
    }
  }

  /** Entries from `index` to the last, as many as fit. Throws CompactedError. */
  entries(index: number, maxSize: number): readonly Entry[] {
    const last = this.lastIndex();
    return index > last ? noEntries : this.slice(index, last + 1, maxSize);
  }

  allEntries(): readonly Entry[] {
    return this.entries(this.firstIndex(), noLimit);
  }

  /** Whether a log with that last entry is at least as up to date: Raft paper, 5.4.1. */
  isUpToDate(index: number, term: number): boolean {
    const lastTerm = this.lastTerm();
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex());
  }

  matchTerm(index: number, term: number): boolean {
    return this.maybeTerm(index) === term;
  }

  /** Commits up to `index` if its entry is of that term. Returns whether the commit index moved. */
  maybeCommit(index: number, term: number): boolean {
    // No leader has term 0, so no entry of it is committed by counting.
    if (term === 0 || index <= this.committed || !this.matchTerm(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  /** Replaces the log by a snapshot. */
  restore(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    const what = `snapshot [index: ${index}, term: ${term}]`;
    this.#logger.info(`log [${this}] starts to restore ${what}`);
    this.committed = index;
    this.unstable.restore(snapshot);
  }

  /**
   * Passes the entries from lo to below hi to `visit`, page by page, until it returns false. Throws
   * CompactedError.
   */
  scan(lo: number, hi: number, pageSize: number, visit: (page: readonly Entry[]) => boolean): void {
    for (let next = lo; next < hi; ) {
      const page = this.slice(next, hi, pageSize);
      if (page.length === 0) panic(this.#logger, `got 0 entries in [${next}, ${hi})`);
      if (!visit(page)) return;
      next += page.length;
    }
  }

  /** Entries from lo to below hi, as many as fit. Throws CompactedError. */
  slice(lo: number, hi: number, maxSize: number): readonly Entry[] {
    const { offset } = this.unstable;
    if (lo >= offset && lo < hi) return limitSize(this.unstable.slice(lo, hi), maxSize);
    this.#checkBounds(lo, hi);
    if (lo === hi) return noEntries;
    const cut = Math.min(hi, offset);
    const stable = this.#stableSlice(lo, cut, maxSize);
    // Fewer than asked for: the next one did not fit.
    if (hi <= offset || stable.length < cut - lo) return stable;
    const room = maxSize - entriesSize(stable);
    if (room <= 0) return stable;
    const rest = limitSize(this.unstable.slice(offset, hi), room);
    // limitSize always returns the first entry, which here is not the first of all.
    if (rest.length === 1 && entriesSize(rest) > room) return stable;
    return [...stable, ...rest];
  }

  #stableSlice(lo: number, hi: number, maxSize: number): readonly Entry[] {
    try {
      return this.storage.entries(lo, hi, maxSize);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return panic(this.#logger, `entries[${lo}:${hi}) is unavailable from storage`);
    }
  }

  #checkBounds(lo: number, hi: number): void {
    if (lo > hi) panic(this.#logger, `invalid slice ${lo} > ${hi}`);
    const first = this.firstIndex();
    if (lo < first) throw new CompactedError();
    const last = this.lastIndex();
    if (hi > last + 1) panic(this.#logger, `slice[${lo},${hi}) out of bound [${first},${last}]`);
  }
}

/** The text for a caller that relies on entries missing in this log. */
export function lostLogText(commit: number, lastIndex: number): string {
  return (
    `tocommit(${commit}) is out of range [lastIndex(${lastIndex})]. ` +
    "Was the raft log corrupted, truncated, or lost?"
  );
}
