import { isSingleKey } from "../keys/key-range.ts";
import { IntervalTree } from "./interval-tree.ts";
import type { Watcher } from "./stream.ts";

/**
 * Watchers by range: single keys in a map, other ranges in an interval tree (etcd: watcherGroup in
 * server/storage/mvcc/watcher_group.go).
 */
export class WatcherIndex {
  readonly #keys = new Map<string, Set<Watcher>>();
  readonly #ranges = new IntervalTree<Watcher>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(watcher: Watcher): void {
    this.#size += 1;
    if (!isSingleKey(watcher.range)) {
      this.#ranges.add(watcher.range, watcher);
      return;
    }
    const found = this.#keys.get(watcher.range.begin);
    if (found) found.add(watcher);
    else this.#keys.set(watcher.range.begin, new Set([watcher]));
  }

  /** Throws if the watcher is not in the index. */
  delete(watcher: Watcher): void {
    if (!this.#remove(watcher)) throw new Error(`watcher ${watcher.id} is not where it should be`);
    this.#size -= 1;
  }

  /** Calls `visit` for each watcher of `key` (a byte string). */
  stab(key: string, visit: (watcher: Watcher) => void): void {
    for (const watcher of this.#keys.get(key) ?? []) visit(watcher);
    this.#ranges.stab(key, visit);
  }

  /** Whether `key` is watched. */
  has(key: string): boolean {
    return this.#keys.has(key) || this.#ranges.holds(key);
  }

  #remove(watcher: Watcher): boolean {
    if (!isSingleKey(watcher.range)) return this.#ranges.delete(watcher.range, watcher);
    const found = this.#keys.get(watcher.range.begin);
    if (!found?.delete(watcher)) return false;
    if (found.size === 0) this.#keys.delete(watcher.range.begin);
    return true;
  }
}
