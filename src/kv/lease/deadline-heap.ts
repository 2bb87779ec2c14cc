interface Item<K> {
  readonly key: K;
  atMs: number;
  slot: number;
}

/**
 * Keys by deadline, earliest first, each key once: a binary heap that knows where each key stands,
 * so that a deadline moves in O(log n) and nothing stale is left behind
 * (etcd: server/lease/lease_queue.go).
 */
export class DeadlineHeap<K> {
  readonly #items: Item<K>[] = [];
  readonly #byKey = new Map<K, Item<K>>();

  /** Sets or moves the deadline of `key`. */
  set(key: K, atMs: number): void {
    let item = this.#byKey.get(key);
    if (item) {
      item.atMs = atMs;
    } else {
      item = { key, atMs, slot: this.#items.length };
      this.#items.push(item);
      this.#byKey.set(key, item);
    }
    this.#down(this.#up(item));
  }

  /** Forgets `key`; returns whether it had a deadline. */
  delete(key: K): boolean {
    const item = this.#byKey.get(key);
    if (!item) return false;
    this.#byKey.delete(key);
    const last = this.#items.pop();
    if (last && last !== item) {
      this.#place(last, item.slot);
      this.#down(this.#up(last));
    }
    return true;
  }

  /** Takes out and returns the earliest key whose deadline is at or before `nowMs`. */
  popDue(nowMs: number): K | undefined {
    const first = this.#items[0];
    if (!first || first.atMs > nowMs) return undefined;
    this.delete(first.key);
    return first.key;
  }

  clear(): void {
    this.#items.length = 0;
    this.#byKey.clear();
  }

  #place(item: Item<K>, slot: number): void {
    this.#items[slot] = item;
    item.slot = slot;
  }

  #up(item: Item<K>): Item<K> {
    while (item.slot > 0) {
      const slot = (item.slot - 1) >>> 1;
      const parent = this.#items[slot];
      if (!parent || parent.atMs <= item.atMs) break;
      this.#place(parent, item.slot);
      this.#place(item, slot);
    }
    return item;
  }

  #down(item: Item<K>): void {
    for (;;) {
      const left = this.#items[2 * item.slot + 1];
      const right = this.#items[2 * item.slot + 2];
      const child = right && left && right.atMs < left.atMs ? right : left;
      if (!child || child.atMs >= item.atMs) return;
      const slot = child.slot;
      this.#place(child, item.slot);
      this.#place(item, slot);
    }
  }
}
