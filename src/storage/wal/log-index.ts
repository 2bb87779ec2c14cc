import type { Entry } from "../../proto/raftpb.ts";
import { partitionPoint } from "../partition-point.ts";

/** The most rows in one span, which a look-up walks past. */
const rowsPerSpan = 64;

/** Rows of one segment whose entries follow each other without replacing any. */
export interface Span {
  /** The index of the first entry; the span ends where the next one begins. */
  readonly first: number;
  readonly segment: number;
  /** The first row's number. */
  readonly seq: number;
}

interface OpenSpan extends Span {
  rows: number;
}

/** The term of all entries from this index to the next run. */
interface TermRun {
  readonly index: number;
  readonly term: number;
}

/**
 * Where the log's entries are stored, and their terms, in memory: sparse, so that a million rows
 * take some hundred kilobytes, and terms need no read.
 *
 * Entries are those after `base`. Invariant: spans and runs ascend by index, and cover base.index <
 * index <= lastIndex without a gap.
 */
export class LogIndex {
  #base: TermRun;
  #lastIndex: number;
  #spans: OpenSpan[] = [];
  #runs: TermRun[] = [];

  /** @param base the snapshot before the log's first entry. */
  constructor(base: TermRun) {
    this.#base = { index: base.index, term: base.term };
    this.#lastIndex = base.index;
  }

  /** The index of the last entry; of the base where there is none. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  get baseIndex(): number {
    return this.#base.index;
  }

  /** Adds the entries of a row; they replace those from the first one's index on. */
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

  /** The span of an entry, and the index after the span's last entry. */
  locate(index: number): { span: Span; end: number } | undefined {
    const position = lastAtOrBelow(this.#spans, (span) => span.first, index);
    const span = this.#spans[position];
    if (!span || index > this.#lastIndex) return undefined;
    return { span, end: this.#spans[position + 1]?.first ?? this.#lastIndex + 1 };
  }

  /** Drops entries up to this one, which becomes the base; its term is kept. */
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

  /** Ends the log at an index within it: later entries had been cut off. */
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

/**
 * The position of the last item whose key is at or below `key` in an ascending list; -1 if none.
 */
function lastAtOrBelow<T>(list: readonly T[], keyOf: (item: T) => number, key: number): number {
  return partitionPoint(list, (item) => keyOf(item) <= key) - 1;
}
