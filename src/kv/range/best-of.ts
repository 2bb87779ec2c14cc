import { errors, KvError } from "../../etcd/errors.ts";

/**
 * The first `limit` items of a sequence in some order (all of them where it is 0 or below). Holds
 * at most twice as many, which are sorted and cut when full. Equal items keep their order.
 */
export class BestOf<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #bytesOf: (item: T) => number;
  #items: T[] = [];
  #bytes = 0;

  constructor(
    compare: (a: T, b: T) => number,
    limit: number,
    maxBytes: number,
    bytesOf: (item: T) => number,
  ) {
    this.#compare = compare;
    this.#limit = limit;
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
  }

  /** Bytes of the items that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws errors.responseTooLarge where the held items exceed their bytes. */
  add(item: T): void {
    this.#items.push(item);
    this.#bytes += this.#bytesOf(item);
    const gathered = this.#limit > 0 && this.#items.length >= 2 * this.#limit + 16;
    if (gathered || this.#bytes > this.#maxBytes) this.#cut();
    if (this.#bytes > this.#maxBytes) throw new KvError(errors.responseTooLarge);
  }

  take(): readonly T[] {
    this.#cut();
    return this.#items;
  }

  #cut(): void {
    this.#items.sort(this.#compare);
    if (this.#limit > 0) this.#items = this.#items.slice(0, this.#limit);
    this.#bytes = this.#items.reduce((sum, item) => sum + this.#bytesOf(item), 0);
  }
}
