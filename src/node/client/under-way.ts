import type { Weight } from "../../kv/apply/weight.ts";

/**
 * Bytes that proposals under way may copy from what is stored, for a new version or an answer: a
 * small request may ask for large ones. One alone may do what its own bounds say.
 */
export const maxCopiedBytes = 8_000_000;

/** What the proposals do together that are neither applied nor given up. */
export class UnderWay {
  #heavy = false;
  #keptBytes = 0;
  #toldBytes = 0;

  /** Bytes of older values that they store again. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Whether there is room for one more. */
  takes({ heavy, keptBytes, toldBytes }: Weight): boolean {
    if (heavy) return !this.#heavy;
    const [before, more] = [this.#keptBytes + this.#toldBytes, keptBytes + toldBytes];
    return before === 0 || more === 0 || before + more <= maxCopiedBytes;
  }

  add({ heavy, keptBytes, toldBytes }: Weight): void {
    if (heavy) this.#heavy = true;
    this.#keptBytes += keptBytes;
    this.#toldBytes += toldBytes;
  }

  /** Of one that was added. */
  end({ heavy, keptBytes, toldBytes }: Weight): void {
    if (heavy) this.#heavy = false;
    this.#keptBytes -= keptBytes;
    this.#toldBytes -= toldBytes;
  }
}
