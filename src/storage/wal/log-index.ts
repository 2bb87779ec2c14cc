import type { Entry } from "../../proto/raftpb.ts";

/** Rows that one span covers at most: a lookup walks past so many. */
const rowsPerSpan = 64;

/** Rows of one segment whose entries follow each other without an override. */
export interface Span {
  /** Index of the first entry; the next span's is where this one's entries end. */
  readonly first: number;
  readonly segment: number;
  /** The first row. */
  readonly seq: number;
}

interface OpenSpan extends Span {
  rows: number;
}

/** From this index on, until the next run, entries have this term. */
interface TermRun {
  readonly index: number;
  readonly term: number;
}

/**
 * Where the log's entries are and which terms they have, in memory: sparse, so that a log of a
 * million rows takes some hundred kilobytes, and no term costs a read.
 *
 * Entries are those after `base`. Invariant: spans and runs ascend by index, and cover
 * base.index < index <= lastIndex without a gap.
 */
export class LogIndex {
  #base: TermRun;
  #lastIndex: number;
  #spans: OpenSpan[] = [];
  #runs: TermRun[] = [];

  /** @param base the snapshot that the log goes on from. */
  constructor(base: TermRun) {
    this.#base = { index: base.index, term: base.term };
    this.#lastIndex = base.index;
  }

  /** Index of the last entry; of the base where there is none. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  get baseIndex(): number {
    return this.#base.index;
  }

  /** A row with these entries was written or read: they replace what is at and above the first. */
  append(entries: readonly Entry[], segment: number, seq: number): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    if (first > this.#lastIndex + 1 || first <= this.#base.index) {
      throw new Error(`entry ${first} put to a log of ${this.#base.index}..${this.#lastIndex}`);
    }
    const follows = first === this.#lastIndex + 1;
    if (!follows) this.#truncateFrom(first);
    const span = this.#spans.at(-1);
    if (follows && span && span.segment === segment && span.rows < rowsPerSpan) span.rows += 1;
    else this.#spans.push({ first, segment, seq, rows: 1 });
    for (const { index, term } of entries) {
      if (term !== (this.#runs.at(-1)?.term ?? this.#base.term)) this.#runs.push({ index, term });
    }
    this.#lastIndex = first + entries.length - 1;
  }

  /** The term of an entry, or of the base. Undefined outside of base.index..lastIndex. */
  term(index: number): number | undefined {
    if (index < this.#base.index || index > this.#lastIndex) return undefined;
    const run = this.#runs[lastAtOrBelow(this.#runs, (r) => r.index, index)];
    return run?.term ?? this.#base.term;
  }

  /** The span that holds an entry and the index of the first entry after it. */
  locate(index: number): { span: Span; end: number } | undefined {
    const position = lastAtOrBelow(this.#spans, (span) => span.first, index);
    const span = this.#spans[position];
    if (!span || index > this.#lastIndex) return undefined;
    return { span, end: this.#spans[position + 1]?.first ?? this.#lastIndex + 1 };
  }

  /** Forgets entries up to this one, which becomes the base; its term is kept. */
  compact(index: number): void {
    const term = this.term(index);
    if (term === undefined) {
      throw new Error(`cannot compact ${this.#base.index}..${this.#lastIndex} to ${index}`);
    }
    const run = lastAtOrBelow(this.#runs, (r) => r.index, index);
    this.#runs.splice(0, run + 1);
    const span = lastAtOrBelow(this.#spans, (s) => s.first, index + 1);
    if (span > 0) this.#spans.splice(0, span);
    this.#base = { index, term };
    if (index === this.#lastIndex) this.#spans = [];
  }

  /** Ends the log at an index that it has: what was after it had been cut off. */
  truncateAfter(index: number): void {
    if (index < this.#base.index || index > this.#lastIndex) {
      throw new Error(`cut at ${index} of a log of ${this.#base.index}..${this.#lastIndex}`);
    }
    this.#truncateFrom(index + 1);
    this.#lastIndex = index;
  }

  #truncateFrom(index: number): void {
    while ((this.#spans.at(-1)?.first ?? 0) >= index) this.#spans.pop();
    while ((this.#runs.at(-1)?.index ?? 0) >= index) this.#runs.pop();
  }
}

/** Position of the last item whose key is at or below `key` in an ascending list; -1 if none. */
function lastAtOrBelow<T>(list: readonly T[], keyOf: (item: T) => number, key: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && keyOf(item) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
