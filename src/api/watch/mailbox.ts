/** A queue from several producers to one consumer. */
export class Mailbox<T> {
  readonly #values: { readonly value: T; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Resolves when the consumer has taken the value, or never will. */
  put(value: T): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((taken) => {
      this.#values.push({ value, taken });
      this.#wake?.();
    });
  }

  /** The next value; undefined once it is closed and empty. One call at a time. */
  async take(): Promise<T | undefined> {
    while (this.#values.length === 0 && !this.#closed) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    const next = this.#values.shift();
    next?.taken();
    return next?.value;
  }

  /** Values in the queue can still be taken; later ones are dropped. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
