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

/**
 * What one watch stream has to send, encoded, until its connection takes it. `push` says when to
 * stop, and `drained` is called when to go on.
 */
export class SendQueue {
  readonly #budget: WatchBudget;
  readonly #limitBytes: number;
  readonly #drained: () => void;
  #waiting: Uint8Array[] = [];
  #at = 0;
  #bytes = 0;
  #full = false;

  constructor(budget: WatchBudget, limitBytes: number, drained: () => void) {
    this.#budget = budget;
    this.#limitBytes = limitBytes;
    this.#drained = drained;
  }

  get length(): number {
    return this.#waiting.length - this.#at;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Queues a response; returns false when no events should follow until `drained` is called. */
  push(response: Uint8Array): boolean {
    this.#waiting.push(response);
    this.#bytes += response.length;
    this.#budget.take(response.length);
    if (this.#bytes >= this.#limitBytes) this.#full = true;
    return !this.#full;
  }

  /** The next response to send, or undefined if there is none. */
  shift(): Uint8Array | undefined {
    const response = this.#waiting[this.#at];
    if (!response) return undefined;
    this.#at += 1;
    if (this.#at === this.#waiting.length || this.#at >= 1024) {
      this.#waiting = this.#waiting.slice(this.#at);
      this.#at = 0;
    }
    this.#bytes -= response.length;
    this.#budget.release(response.length);
    if (this.#full && this.#bytes * 2 <= this.#limitBytes) {
      this.#full = false;
      this.#drained();
    }
    return response;
  }

  /** Lets go of everything, without a word to anybody but the budget. */
  close(): void {
    this.#waiting = [];
    this.#at = 0;
    this.#full = false;
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#budget.release(bytes);
  }
}
