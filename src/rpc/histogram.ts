/** etcd's buckets of durations: 1 ms, doubling up to 8 s; in seconds. */
const bounds = Array.from({ length: 14 }, (_, i) => 0.001 * 2 ** i);

/** How many durations fell into which bucket. */
export interface HistogramStatus {
  /** Upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** The count of each bucket alone; the last one is above the last bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Histogram {
  readonly #counts: number[] = new Array(bounds.length + 1).fill(0);
  #sum = 0;

  observe(seconds: number): void {
    const found = bounds.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? bounds.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  get status(): HistogramStatus {
    return { bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
