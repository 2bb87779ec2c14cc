import type { BlockSums } from "../../proto/generated/block.ts";
import type { Entry } from "../../storage/blocks/entry.ts";
import type { Summed } from "./range-sums.ts";
import { changeOfEntry } from "./version-entry.ts";

/**
 * The keys that live, as the sum of what each version changes: what is merged away has left its
 * change to the version that stays for it.
 */
export class LiveCount implements Summed {
  live = 0;
  readonly full = false;
  readonly #lastRank: number;

  /** @param lastRank the versions up to it count. */
  constructor(lastRank: number) {
    this.#lastRank = lastRank;
  }

  whole({ minRank, maxRank, added, removed }: BlockSums): boolean {
    if (minRank > this.#lastRank) return true;
    if (maxRank > this.#lastRank) return false;
    this.live += added - removed;
    return true;
  }

  entry({ rank, payload }: Entry): void {
    if (rank <= this.#lastRank) this.live += changeOfEntry(payload);
  }
}

/** Versions from after a rank up to another, whether they live or not. */
export class PassedCount implements Summed {
  count = 0;
  keyBytes = 0;
  readonly #above: number;
  readonly #lastRank: number;
  readonly #most: number;

  /** @param most where there are more, so many are enough. */
  constructor(above: number, lastRank: number, most: number) {
    this.#above = above;
    this.#lastRank = lastRank;
    this.#most = most;
  }

  get full(): boolean {
    return this.count >= this.#most;
  }

  whole({ minRank, maxRank, entries, keyBytes }: BlockSums): boolean {
    if (maxRank <= this.#above || minRank > this.#lastRank) return true;
    if (minRank <= this.#above || maxRank > this.#lastRank) return false;
    // Bytes of the first `most` alone are wanted: then they are looked at one by one.
    if (this.count + entries > this.#most) return false;
    this.count += entries;
    this.keyBytes += keyBytes;
    return true;
  }

  entry({ key, rank }: Entry): void {
    if (rank <= this.#above || rank > this.#lastRank) return;
    this.count++;
    this.keyBytes += key.length;
  }
}
