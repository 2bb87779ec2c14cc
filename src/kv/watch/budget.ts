/** Bytes that wait to be sent on all watch streams of a member together. */
export class WatchBudget {
  readonly #limitBytes: number;
  readonly #released: () => void;
  #usedBytes = 0;

  /** `released` is called whenever there is room again after there was none. */
  constructor(limitBytes: number, released: () => void) {
    this.#limitBytes = limitBytes;
    this.#released = released;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get hasRoom(): boolean {
    return this.#usedBytes < this.#limitBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    if (bytes > this.#usedBytes) {
      throw new Error(`${bytes} bytes released of ${this.#usedBytes} that are in use`);
    }
    const had = this.hasRoom;
    this.#usedBytes -= bytes;
    if (!had && this.hasRoom) this.#released();
  }
}
