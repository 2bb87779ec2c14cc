/**
 * Bytes that wait to be sent on all watch streams of a member together, and how many of them one
 * stream may have. That is a part of what is free, so that however many clients do not read, there
 * is room for those that do (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
 */
export class WatchBudget {
  readonly #limitBytes: number;
  readonly #mostBytes: number;
  #usedBytes = 0;

  /** @param mostBytes what one stream may have when all is free. */
  constructor(limitBytes: number, mostBytes: number) {
    this.#limitBytes = limitBytes;
    this.#mostBytes = mostBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What one stream may have now, and what is worth reading for it at once. */
  get shareBytes(): number {
    const free = Math.max(0, this.#limitBytes - this.#usedBytes);
    return Math.min(this.#mostBytes, Math.max(LEAST_BYTES, free * PART_OF_FREE));
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    if (bytes > this.#usedBytes) {
      throw new Error(`${bytes} bytes released of ${this.#usedBytes} that are in use`);
    }
    this.#usedBytes -= bytes;
  }
}

/** Less is not worth a response. */
const LEAST_BYTES = 2_048;
const PART_OF_FREE = 1 / 8;
