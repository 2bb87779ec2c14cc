/** Lines kept for the report of a failure. */
const keptLines = 400;

/**
 * What happened, one line an event. Only the last lines are kept, and a hash of all of them: two
 * runs of one seed must have the same.
 */
export class Trace {
  readonly #ring: string[] = [];
  #count = 0;
  #high = 0x811c9dc5;
  #low = 0x9747b28c;
  readonly #sink: ((line: string) => void) | undefined;

  /** @param sink gets every line, as it comes. */
  constructor(sink?: (line: string) => void) {
    this.#sink = sink;
  }

  line(nowUs: number, who: string, what: string): void {
    const text = `${(nowUs / 1000).toFixed(3)} ${who} ${what}`;
    this.#ring[this.#count % keptLines] = text;
    this.#count += 1;
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x5bd1e995) + 1;
    }
    this.#high = high;
    this.#low = low;
    this.#sink?.(text);
  }

  get count(): number {
    return this.#count;
  }

  /** 64 bits in hex, of every line so far. */
  get hash(): string {
    return [this.#high, this.#low].map((n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** The last lines, oldest first. */
  tail(lines = keptLines): string[] {
    const from = Math.max(0, this.#count - Math.min(lines, keptLines));
    return Array.from(
      { length: this.#count - from },
      (_, i) => this.#ring[(from + i) % keptLines] ?? "",
    );
  }
}
