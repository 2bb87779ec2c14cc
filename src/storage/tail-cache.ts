import type { Entry } from "../proto/raftpb.ts";
import { entrySize } from "../proto/raftpb-size.ts";

/**
 * The newest entries of the log, without gaps and within a budget of bytes: those that followers
 * and the state machine read. Older ones are read from the WAL.
 */
export class TailCache {
  readonly #budgetBytes: number;
  /** The first #dropped places are empty: shifting for each would cost too much. */
  #entries: (Entry | undefined)[] = [];
  #dropped = 0;
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** The index of the first cached entry; Infinity for none. */
  get first(): number {
    return this.#entries[this.#dropped]?.index ?? Number.POSITIVE_INFINITY;
  }

  /** Encoded bytes of the cached entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds entries; they replace those from the first one's index on. */
  append(entries: readonly Entry[]): void {
    const start = entries[0]?.index;
    if (start === undefined) return;
    const last = this.#entries.at(-1)?.index;
    if (start <= this.first || last === undefined || start > last + 1) this.clear();
    else this.#truncate(last + 1 - start);
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += entrySize(entry);
    }
    while (this.#bytes > this.#budgetBytes) this.#dropFirst();
  }

  /** Entries from <= index < to, all of which must be cached. */
  slice(from: number, to: number): readonly Entry[] {
    const start = from - this.first + this.#dropped;
    return this.#entries.slice(start, start + to - from) as Entry[];
  }

  /** Drops the entries up to this index. */
  compact(index: number): void {
    while (this.first <= index) this.#dropFirst();
  }

  clear(): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#bytes = 0;
  }

  #truncate(count: number): void {
    for (let i = 0; i < count; i++) {
      const entry = this.#entries.pop();
      if (entry) this.#bytes -= entrySize(entry);
    }
  }

  #dropFirst(): void {
    const entry = this.#entries[this.#dropped];
    if (!entry) throw new Error(`${this.#bytes} bytes of entries counted where there are none`);
    this.#bytes -= entrySize(entry);
    this.#entries[this.#dropped] = undefined;
    this.#dropped += 1;
    if (this.#dropped === this.#entries.length) this.clear();
    else if (this.#dropped > 1_024 && this.#dropped * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#dropped);
      this.#dropped = 0;
    }
  }
}
