/**
 * Bytes that wait to be sent on all watch streams of a member, and each stream's share: a part of
 * what is free, so that clients that do not read always leave room for those that do (Choudhury and
 * Hahne, Dynamic Queue Length Thresholds, 1998).
 */
export class WatchBudget {
  readonly #limitBytes: number;
  readonly #mostBytes: number;
  #usedBytes = 0;
  #overdrawnBytes = 0;

  /** @param mostBytes the share of a stream when all is free. */
  constructor(limitBytes: number, mostBytes: number) {
    this.#limitBytes = limitBytes;
    this.#mostBytes = mostBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The share of a stream now, and how much is worth reading for it at once. */
  get shareBytes(): number {
    const free = Math.max(0, this.#limitBytes - this.#usedBytes);
    return Math.min(this.#mostBytes, Math.max(LEAST_BYTES, free * PART_OF_FREE));
  }

  /**
   * Whether a response of so many bytes may be sent now. A revision is never divided, so the limit
   * may be exceeded: by several larger responses within maxOverdrawnBytes, or by one of any size.
   */
  fits(bytes: number): boolean {
    if (this.#within(bytes) || this.#overdrawnBytes === 0) return true;
    return this.#overdrawnBytes + bytes <= maxOverdrawnBytes;
  }

  /** Takes the bytes. Returns how many of them exceed the limit, to be given to `repay` later. */
  take(bytes: number): number {
    const overdrawn = this.#within(bytes) ? 0 : bytes;
    this.#usedBytes += bytes;
    this.#overdrawnBytes += overdrawn;
    return overdrawn;
  }

  repay(bytes: number): void {
    if (bytes > this.#overdrawnBytes) {
      throw new Error(`${bytes} bytes repaid of ${this.#overdrawnBytes} that are overdrawn`);
    }
    this.#overdrawnBytes -= bytes;
  }

  #within(bytes: number): boolean {
    return bytes <= LEAST_BYTES || this.#usedBytes + bytes <= this.#limitBytes;
  }

  release(bytes: number): void {
    if (bytes > this.#usedBytes) {
      throw new Error(`${bytes} bytes released of ${this.#usedBytes} that are in use`);
    }
    this.#usedBytes -= bytes;
  }
}

/** Bytes of waiting responses beyond the limit, if there is more than one. */
export const maxOverdrawnBytes = 8_000_000;
/** A smaller share would not be worth a response. */
const LEAST_BYTES = 2_048;
const PART_OF_FREE = 1 / 8;
