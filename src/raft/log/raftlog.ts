import { type Entry, noEntries, type Snapshot } from "../../proto/raftpb.ts";
import { CompactedError, panic, UnavailableError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Storage } from "../storage.ts";
import { entriesSize, limitSize, noLimit } from "./size.ts";
import { Unstable } from "./unstable.ts";

/** What an entry is known by: no two entries of one log, or of two, share both and differ. */
export interface EntryId {
  readonly term: number;
  readonly index: number;
}

/**
 * A node's log: what the storage has and, from unstable.offset on, what it does not have yet.
 * Invariant: applied <= applying <= committed <= lastIndex. Source: etcd's log.go.
 */
export class RaftLog {
  readonly storage: Storage;
  readonly unstable: Unstable;

  /** The highest index that a quorum is known to have stored. */
  committed: number;
  /** The highest index that the host was told to apply. */
  applying: number;
  /** The highest index that the host has applied. */
  applied: number;

  readonly #logger: Logger;
  /** Bytes of entries that may be told to apply and not yet applied. */
  readonly maxApplyingSize: number;
  /** Bytes of entries told to apply and not yet applied. */
  applyingSize = 0;
  /** Whether nothing further is told to apply until some of it is applied. */
  applyingPaused = false;

  /** The log as the storage has it; committed and applied up to its last compaction. */
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
   * Appends entries that follow the entry `prev`, and commits up to `committed` as far as they
   * reach. Returns the last one's index, or undefined where `prev` is not in the log.
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

  /** Appends entries, replacing all from the first one's index on. Returns the last index. */
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
   * The index of the first of these consecutive entries that the log does not have with that term:
   * one that conflicts, or simply the first that is new. 0 where the log has them all.
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
   * Where this log may match another of which one entry's index and term are known: the highest
   * index <= `index` whose term is <= `term`, or is not known here (then it answers term 0). All
   * above it differ for sure, so a probe need not try them.
   */
  findConflictByTerm(index: number, term: number): EntryId {
    for (let i = index; i > 0; i--) {
      const ours = this.maybeTerm(i);
      if (ours === undefined) return { index: i, term: 0 };
      if (ours <= term) return { index: i, term: ours };
    }
    return { index: 0, term: 0 };
  }

  /** Entries to be written that were not handed out yet. */
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
   * Committed entries to be applied that were not handed out yet, up to the limit.
   * @param allowUnstable whether also those that the storage does not have yet.
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

  /** Whether nextCommittedEnts would find some, told without reading. */
  hasNextCommittedEnts(allowUnstable: boolean): boolean {
    // A snapshot is applied first, by itself.
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

  /** The host has applied up to `index`, the entries since the last call taking `size` bytes. */
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

  /** The host was told to apply up to `index`, the entries taking `size` bytes. */
  acceptApplying(index: number, size: number, allowUnstable: boolean): void {
    if (this.committed < index) {
      const bounds = `[prevApplying(${this.applying}), committed(${this.committed})]`;
      panic(this.#logger, `applying(${index}) is out of range ${bounds}`);
    }
    this.applying = index;
    this.applyingSize += size;
    // Where less was handed out than could be applied, the limit cut it: the next entry is the one
    // that does not fit.
    const cut = index < this.#maxAppliableIndex(allowUnstable);
    this.applyingPaused = this.applyingSize >= this.maxApplyingSize || cut;
  }

  stableTo(index: number, term: number): void {
    this.unstable.stableTo(index, term);
  }

  stableSnapTo(index: number): void {
    this.unstable.stableSnapTo(index);
  }

  /** What is unstable now is being written. */
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

  /** Throws CompactedError or UnavailableError where the log does not know. */
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

  /** Entries from `index` to the last, as many as fit. Throws CompactedError where it is gone. */
  entries(index: number, maxSize: number): readonly Entry[] {
    const last = this.lastIndex();
    return index > last ? noEntries : this.slice(index, last + 1, maxSize);
  }

  allEntries(): readonly Entry[] {
    return this.entries(this.firstIndex(), noLimit);
  }

  /** Whether a log with that last entry is as good as this one, or better: Raft paper, 5.4.1. */
  isUpToDate(index: number, term: number): boolean {
    const lastTerm = this.lastTerm();
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex());
  }

  matchTerm(index: number, term: number): boolean {
    return this.maybeTerm(index) === term;
  }

  /** Commits up to `index` if its entry is of that term. Returns whether anything changed. */
  maybeCommit(index: number, term: number): boolean {
    // No leader has term 0, and no entry of it is ever committed by counting.
    if (term === 0 || index <= this.committed || !this.matchTerm(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  /** Begins anew behind a snapshot. */
  restore(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    const what = `snapshot [index: ${index}, term: ${term}]`;
    this.#logger.info(`log [${this}] starts to restore ${what}`);
    this.committed = index;
    this.unstable.restore(snapshot);
  }

  /**
   * Hands the entries from lo up to but without hi to `visit`, page by page, until it answers
   * false. Throws CompactedError where they are gone.
   */
  scan(lo: number, hi: number, pageSize: number, visit: (page: readonly Entry[]) => boolean): void {
    for (let next = lo; next < hi; ) {
      const page = this.slice(next, hi, pageSize);
      if (page.length === 0) panic(this.#logger, `got 0 entries in [${next}, ${hi})`);
      if (!visit(page)) return;
      next += page.length;
    }
  }

  /** Entries from lo up to but without hi, as many as fit. Throws CompactedError. */
  slice(lo: number, hi: number, maxSize: number): readonly Entry[] {
    const { offset } = this.unstable;
    if (lo >= offset && lo < hi) return limitSize(this.unstable.slice(lo, hi), maxSize);
    this.#checkBounds(lo, hi);
    if (lo === hi) return noEntries;
    const cut = Math.min(hi, offset);
    const stable = this.#stableSlice(lo, cut, maxSize);
    // Less than asked for means that the next one did not fit.
    if (hi <= offset || stable.length < cut - lo) return stable;
    const room = maxSize - entriesSize(stable);
    if (room <= 0) return stable;
    const rest = limitSize(this.unstable.slice(offset, hi), room);
    // limitSize lets the first one through in any case; here it is not the first.
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

/** A caller counts on entries of this log that are not there. */
export function lostLogText(commit: number, lastIndex: number): string {
  return (
    `tocommit(${commit}) is out of range [lastIndex(${lastIndex})]. ` +
    "Was the raft log corrupted, truncated, or lost?"
  );
}
