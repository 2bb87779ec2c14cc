import type { RangeRequest } from "../../proto/generated/etcd.ts";
import { hash128, Word128 } from "../../storage/hash128.ts";
import { byteString } from "../keys/key-range.ts";

/** Bytes of the random id of a hold. */
export const holdIdBytes = 16;
/** Holds that one member has at a time. */
export const maxHolds = 1_024;
/** Milliseconds until a hold that is not used ends. */
export const holdIdleMs = 60_000;
/** Milliseconds until even a hold in use ends. */
export const holdMaxMs = 600_000;

interface Hold {
  readonly revision: number;
  /** A hash of the range that the holder may read. */
  readonly range: Word128;
  idleMs: number;
  ageMs: number;
}

/**
 * Revisions at which ranges are being read in pages. A held revision may be compacted, as on every
 * member, but its rows are kept until the hold ends. Each member has its own holds in memory;
 * nothing replicated depends on them.
 */
export class Holds {
  readonly #holds = new Map<string, Hold>();

  get size(): number {
    return this.#holds.size;
  }

  /** The lowest held revision; Infinity for none. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { revision } of this.#holds.values()) oldest = Math.min(oldest, revision);
    return oldest;
  }

  /** Whether the hold `id` is of this range and of the revision that the request names. */
  covers(id: Uint8Array, request: RangeRequest): boolean {
    const hold = this.#holds.get(byteString(id));
    return (
      hold !== undefined &&
      hold.revision === request.revision &&
      hold.range.equals(rangeHash(request))
    );
  }

  /** Begins or renews a hold. False where there are too many. */
  keep(id: Uint8Array, request: RangeRequest, revision: number): boolean {
    const name = byteString(id);
    const known = this.#holds.get(name);
    if (known === undefined && this.#holds.size >= maxHolds) return false;
    const ageMs = known?.ageMs ?? 0;
    this.#holds.set(name, { revision, range: rangeHash(request), idleMs: 0, ageMs });
    return true;
  }

  release(id: Uint8Array): void {
    this.#holds.delete(byteString(id));
  }

  /** Ages all holds by so much, and ends those that are due. */
  pass(ms: number): void {
    for (const [name, hold] of this.#holds) {
      hold.idleMs += ms;
      hold.ageMs += ms;
      if (hold.idleMs > holdIdleMs || hold.ageMs > holdMaxMs) this.#holds.delete(name);
    }
  }

  /** Ends holds below `revision`, the compact revision of a state that replaced this one. */
  dropBelow(revision: number): void {
    for (const [name, hold] of this.#holds) if (hold.revision < revision) this.#holds.delete(name);
  }
}

/** A 16-byte hash of a range, since keys may be long and holds many. */
function rangeHash({ key, rangeEnd }: RangeRequest): Word128 {
  const [begin, end] = [new Word128(), new Word128()];
  hash128(key, key.length, begin);
  hash128(rangeEnd, rangeEnd.length, end, key.length);
  begin.add(end);
  return begin;
}
