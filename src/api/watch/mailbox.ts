/** Values from several producers for one consumer, in the order in which they came. */
export class Mailbox<T> {
  readonly #values: { readonly value: T; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Resolves when the consumer has taken it, or will never. */
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

  /** What was put is still taken; what comes later is dropped. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
