import { type Entry, noEntries, type Snapshot } from "../../proto/raftpb.ts";
import { panic } from "../errors.ts";
import type { Logger } from "../logger.ts";

/**
 * Entries and a snapshot that are not stored yet: first until a Ready hands them out, then (in
 * progress) until their write is confirmed, since the log must still see them.
 *
 * entries[i] has index offset + i. The offset may be below the storage's last index: then the next
 * write truncates the storage first. Source: etcd's log_unstable.go.
 */
export class Unstable {
  /** A snapshot from the leader. */
  snapshot: Snapshot | undefined;
  /** Whether the snapshot was handed out. */
  snapshotInProgress = false;

  /** Only changed in place at its end. */
  #entries: Entry[] = [];
  offset: number;
  /** Entries below this index were handed out. Invariant: offset <= offsetInProgress. */
  offsetInProgress: number;

  readonly #logger: Logger;

  constructor(offset: number, logger: Logger) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#logger = logger;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The log's first index if a snapshot determines it; undefined otherwise. */
  maybeFirstIndex(): number | undefined {
    return this.snapshot === undefined ? undefined : this.snapshot.metadata.index + 1;
  }

  /** The log's last index if an entry or a snapshot determines it; undefined otherwise. */
  maybeLastIndex(): number | undefined {
    const length = this.#entries.length;
    return length === 0 ? this.snapshot?.metadata.index : this.offset + length - 1;
  }

  /** The term of entry `index`, or of the snapshot at it; undefined for any other. */
  maybeTerm(index: number): number | undefined {
    if (index >= this.offset) return this.#entries[index - this.offset]?.term;
    const metadata = this.snapshot?.metadata;
    return metadata?.index === index ? metadata.term : undefined;
  }

  /** Entries that were not handed out yet. */
  nextEntries(): readonly Entry[] {
    return this.hasNextEntries()
      ? this.#entries.slice(this.offsetInProgress - this.offset)
      : noEntries;
  }

  hasNextEntries(): boolean {
    return this.#entries.length > this.offsetInProgress - this.offset;
  }

  /** The snapshot, if it was not handed out yet. */
  nextSnapshot(): Snapshot | undefined {
    return this.snapshotInProgress ? undefined : this.snapshot;
  }

  /** Everything is handed out to be written. */
  acceptInProgress(): void {
    if (this.#entries.length > 0) this.offsetInProgress = this.offset + this.#entries.length;
    if (this.snapshot !== undefined) this.snapshotInProgress = true;
  }

  /**
   * Entries up to this one are stored, and no write in progress can change them: the caller ensures
   * that. Ignored where the entry is gone or replaced.
   */
  stableTo(index: number, term: number): void {
    const ours = this.maybeTerm(index);
    if (ours === undefined) {
      this.#logger.info(`entry at index ${index} missing from unstable log; ignoring`);
      return;
    }
    if (index < this.offset) {
      this.#logger.info(`entry at index ${index} matched unstable snapshot; ignoring`);
      return;
    }
    if (ours !== term) {
      this.#logger.info(
        `entry at (index,term)=(${index},${term}) mismatched with ` +
          `entry at (${index},${ours}) in unstable log; ignoring`,
      );
      return;
    }
    const kept = index + 1 - this.offset;
    this.#entries = kept === this.#entries.length ? [] : this.#entries.slice(kept);
    this.offset = index + 1;
    this.offsetInProgress = Math.max(this.offsetInProgress, this.offset);
  }

  /** The snapshot at this index is stored and applied. */
  stableSnapTo(index: number): void {
    if (this.snapshot?.metadata.index !== index) return;
    this.snapshot = undefined;
    this.snapshotInProgress = false;
  }

  /** Replaces everything by a snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshot.metadata.index + 1;
    this.offsetInProgress = this.offset;
    this.#entries = [];
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Adds one or more consecutive entries, which replace those from the first one's index on. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const from = (entries[0] as Entry).index;
    const end = this.offset + this.#entries.length;
    if (from === end && from === this.offset) {
      this.#entries = entries.slice();
    } else if (from === end) {
      for (let i = 0; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
    } else if (from <= this.offset) {
      this.#logger.info(`replace the unstable entries from index ${from}`);
      this.#entries = entries.slice();
      this.offset = from;
      this.offsetInProgress = from;
    } else {
      this.#logger.info(`truncate the unstable entries before index ${from}`);
      this.#entries = [...this.slice(this.offset, from), ...entries];
      // Only lower entries stay handed out.
      this.offsetInProgress = Math.min(this.offsetInProgress, from);
    }
  }

  /** Entries from lo to below hi, which must all be here. */
  slice(lo: number, hi: number): readonly Entry[] {
    if (lo > hi) panic(this.#logger, `invalid unstable.slice ${lo} > ${hi}`);
    const upper = this.offset + this.#entries.length;
    if (lo < this.offset || hi > upper) {
      const bound = `out of bound [${this.offset},${upper}]`;
      panic(this.#logger, `unstable.slice[${lo},${hi}) ${bound}`);
    }
    return this.#entries.slice(lo - this.offset, hi - this.offset);
  }
}
