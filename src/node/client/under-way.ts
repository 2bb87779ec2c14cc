import type { Weight } from "../../kv/apply/weight.ts";

/**
 * Stored bytes that proposals in flight may copy in total, for new versions and answers. A single
 * one may copy as much as its own bounds allow.
 */
export const maxCopiedBytes = 8_000_000;

/** The load of proposals that are neither applied nor given up. */
export class UnderWay {
  #heavy = false;
  #keptBytes = 0;
  #answerBytes = 0;

  /** Bytes of older values that they store again. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Whether one more proposal fits. */
  takes({ heavy, keptBytes, answerBytes }: Weight): boolean {
    if (heavy) return !this.#heavy;
    const [before, more] = [this.#keptBytes + this.#answerBytes, keptBytes + answerBytes];
    return before === 0 || more === 0 || before + more <= maxCopiedBytes;
  }

  add({ heavy, keptBytes, answerBytes }: Weight): void {
    if (heavy) this.#heavy = true;
    this.#keptBytes += keptBytes;
    this.#answerBytes += answerBytes;
  }

  /** Subtracts a proposal that was added. */
  end({ heavy, keptBytes, answerBytes }: Weight): void {
    if (heavy) this.#heavy = false;
    this.#keptBytes -= keptBytes;
    this.#answerBytes -= answerBytes;
  }
}
