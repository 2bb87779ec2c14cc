const maxChunk = 256;

/**
 * A map from byte strings that can be walked in key order, both ways. Look-ups use a hash map; the
 * order is a list of sorted chunks, so that an insertion moves at most 256 entries.
 *
 * A walk must not continue after the map has changed.
 */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  /** No chunk is empty. */
  readonly #chunks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#chunkOf(key);
    const chunk = this.#chunk(at);
    chunk.splice(position(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Entries with begin <= key < end, ascending. */
  *ascending(begin: string, end: string): Generator<[string, V]> {
    let from = begin;
    for (let at = this.#chunkOf(begin); at < this.#chunks.length; at++) {
      const chunk = this.#chunk(at);
      for (let i = position(chunk, from); i < chunk.length; i++) {
        const key = chunk[i] as string;
        if (key >= end) return;
        yield [key, this.#values.get(key) as V];
      }
      from = "";
    }
  }

  /** Entries with begin <= key < end, descending. */
  *descending(begin: string, end: string): Generator<[string, V]> {
    let limit: string | undefined = end;
    for (let at = Math.min(this.#chunkOf(end), this.#chunks.length - 1); at >= 0; at--) {
      const chunk = this.#chunk(at);
      const from: number = limit === undefined ? chunk.length : position(chunk, limit);
      for (let i = from - 1; i >= 0; i--) {
        const key = chunk[i] as string;
        if (key < begin) return;
        yield [key, this.#values.get(key) as V];
      }
      limit = undefined;
    }
  }

  /** The index of the chunk that has `key` or would get it. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunk(middle).at(-1) as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #chunk(at: number): string[] {
    const chunk = this.#chunks[at];
    if (chunk === undefined) throw new Error(`chunk ${at} of ${this.#chunks.length}`);
    return chunk;
  }

  #insert(key: string): void {
    const last = this.#chunks.length - 1;
    const at = Math.min(this.#chunkOf(key), Math.max(last, 0));
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      return;
    }
    chunk.splice(position(chunk, key), 0, key);
    if (chunk.length <= maxChunk) return;
    // Ascending insertions leave full chunks behind, others leave halves.
    const atEnd = at === last && chunk.at(-1) === key;
    this.#chunks.splice(at + 1, 0, chunk.splice(atEnd ? maxChunk : maxChunk >>> 1));
  }
}

/** The first position in `chunk` whose key is not below `key`. */
function position(chunk: readonly string[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
