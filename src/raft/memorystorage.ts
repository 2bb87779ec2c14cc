import {
  type ConfState,
  type Entry,
  type HardState,
  newSnapshot,
  type Snapshot,
} from "../proto/raftpb.ts";
import {
  CompactedError,
  InvariantError,
  SnapshotOutOfDateError,
  UnavailableError,
} from "./errors.ts";
import { limitSize } from "./log/size.ts";
import type { InitialState, Storage } from "./storage.ts";

/** A Storage in memory, for tests, simulations and hosts with their own log. */
export class MemoryStorage implements Storage {
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #snapshot: Snapshot = newSnapshot();
  /** The position before the first entry. */
  #before = { index: 0, term: 0 };
  /** #entries[i] has index #before.index + 1 + i. */
  #entries: Entry[] = [];

  initialState(): InitialState {
    return { hardState: this.#hardState, confState: this.#snapshot.metadata.confState };
  }

  setHardState(state: HardState): void {
    this.#hardState = state;
  }

  entries(lo: number, hi: number, maxSize: number): readonly Entry[] {
    if (lo <= this.#before.index) throw new CompactedError();
    if (hi > this.lastIndex() + 1) {
      const bound = `out of bound lastindex(${this.lastIndex()})`;
      throw new InvariantError(`entries' hi(${hi}) is ${bound}`);
    }
    if (this.#entries.length === 0) throw new UnavailableError();
    const first = this.firstIndex();
    return limitSize(this.#entries.slice(lo - first, hi - first), maxSize);
  }

  term(index: number): number {
    const { index: before, term } = this.#before;
    if (index < before) throw new CompactedError();
    if (index === before) return term;
    const entry = this.#entries[index - before - 1];
    if (entry === undefined) throw new UnavailableError();
    return entry.term;
  }

  lastIndex(): number {
    return this.#before.index + this.#entries.length;
  }

  firstIndex(): number {
    return this.#before.index + 1;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * Replaces everything by a snapshot. Throws SnapshotOutOfDateError unless it is newer than the
   * current one. (One at index 0 gives a new node its first configuration.)
   */
  applySnapshot(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    const existing = this.#snapshot.metadata.index;
    if (existing !== 0 && existing >= index) throw new SnapshotOutOfDateError();
    this.#snapshot = snapshot;
    this.#before = { index, term };
    this.#entries = [];
  }

  /**
   * Makes the newest snapshot, of the state at `index`, with the configuration from the last
   * applied change (undefined: none since the last snapshot). Throws SnapshotOutOfDateError where
   * there is one at or above that index.
   */
  createSnapshot(index: number, confState: ConfState | undefined, data: Uint8Array): Snapshot {
    const { metadata } = this.#snapshot;
    if (index <= metadata.index) throw new SnapshotOutOfDateError();
    if (index > this.lastIndex()) {
      const bound = `out of bound lastindex(${this.lastIndex()})`;
      throw new InvariantError(`snapshot ${index} is ${bound}`);
    }
    this.#snapshot = newSnapshot(
      { index, term: this.term(index), confState: confState ?? metadata.confState },
      data,
    );
    return this.#snapshot;
  }

  /**
   * Drops the entries up to `index`, which must be applied. Throws CompactedError where they are
   * dropped already.
   */
  compact(index: number): void {
    if (index <= this.#before.index) throw new CompactedError();
    if (index > this.lastIndex()) {
      const bound = `out of bound lastindex(${this.lastIndex()})`;
      throw new InvariantError(`compact ${index} is ${bound}`);
    }
    const term = this.term(index);
    this.#entries = this.#entries.slice(index - this.#before.index);
    this.#before = { index, term };
  }

  /**
   * Adds entries, which replace those from the first one's index on. Compacted ones are skipped.
   */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const skip = Math.max(0, this.firstIndex() - first.index);
    const keep = first.index + skip - this.firstIndex();
    if (keep > this.#entries.length) {
      const at = `append at: ${first.index}`;
      throw new InvariantError(`missing log entry [last: ${this.lastIndex()}, ${at}]`);
    }
    if (skip >= entries.length) return;
    if (keep < this.#entries.length) this.#entries.length = keep;
    for (let i = skip; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }
}
