/**
 * Values by name, up to so many bytes of them. Two halves in place of a list by age: when the young
 * one is full the old one goes, and what is asked for moves over.
 */
export class WeightedCache<V> {
  readonly #maxBytes: number;
  #young = new Map<string, Weighted<V>>();
  #old = new Map<string, Weighted<V>>();
  #youngBytes = 0;

  /** @param maxBytes of both halves; 0 keeps nothing. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(name: string): V | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young.value;
    const old = this.#old.get(name);
    if (old !== undefined) this.put(name, old.value, old.bytes);
    return old?.value;
  }

  /** What takes more than a quarter of all is not kept. One name has one value for good. */
  put(name: string, value: V, bytes: number): void {
    if (bytes > this.#maxBytes / 4 || this.#young.has(name)) return;
    if (this.#youngBytes + bytes > this.#maxBytes / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(name, { value, bytes });
    this.#youngBytes += bytes;
  }
}

interface Weighted<V> {
  readonly value: V;
  readonly bytes: number;
}
