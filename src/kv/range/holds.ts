import type { RangeRequest } from "../../proto/generated/etcd.ts";
import { hash128, Word128 } from "../fingerprint/hash128.ts";
import { byteString } from "../keys/key-range.ts";

/** Bytes of the random id of a hold. */
export const holdIdBytes = 16;
/** Answers in pieces that one member holds a revision for at a time. */
export const maxHolds = 1_024;
/** Beyond this time without another piece a revision is no longer held. */
export const holdIdleMs = 60_000;
/** However slowly it is read, a revision is held for so long at most. */
export const holdMaxMs = 600_000;

interface Hold {
  readonly revision: number;
  /** What its holder was allowed to read. */
  readonly range: Word128;
  idleMs: number;
  ageMs: number;
}

/**
 * Revisions that answers in pieces are read at. What is held may be compacted, which every member
 * does alike, and stays readable for its holder: only the rows wait here until he is done. Each
 * member has its own, in memory; nothing that is replicated depends on them.
 */
export class Holds {
  readonly #holds = new Map<string, Hold>();

  get size(): number {
    return this.#holds.size;
  }

  /** The lowest revision that is held; Infinity for none. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { revision } of this.#holds.values()) oldest = Math.min(oldest, revision);
    return oldest;
  }

  /** Whether this range is held under that id, at the revision that it asks for. */
  covers(id: Uint8Array, request: RangeRequest): boolean {
    const hold = this.#holds.get(byteString(id));
    return (
      hold !== undefined && hold.revision === request.revision && hold.range.equals(of(request))
    );
  }

  /** Holds it, or goes on holding it. False where there are too many. */
  keep(id: Uint8Array, request: RangeRequest, revision: number): boolean {
    const name = byteString(id);
    const known = this.#holds.get(name);
    if (known === undefined && this.#holds.size >= maxHolds) return false;
    const ageMs = known?.ageMs ?? 0;
    this.#holds.set(name, { revision, range: of(request), idleMs: 0, ageMs });
    return true;
  }

  release(id: Uint8Array): void {
    this.#holds.delete(byteString(id));
  }

  /** So much time has passed. */
  pass(ms: number): void {
    for (const [name, hold] of this.#holds) {
      hold.idleMs += ms;
      hold.ageMs += ms;
      if (hold.idleMs > holdIdleMs || hold.ageMs > holdMaxMs) this.#holds.delete(name);
    }
  }

  /** The state was replaced: what is below its compaction is gone. */
  dropBelow(revision: number): void {
    for (const [name, hold] of this.#holds) if (hold.revision < revision) this.#holds.delete(name);
  }
}

/** A range's keys in 16 bytes: they may be long, and holds many. */
function of({ key, rangeEnd }: RangeRequest): Word128 {
  const [begin, end] = [new Word128(), new Word128()];
  hash128(key, key.length, begin);
  hash128(rangeEnd, rangeEnd.length, end, key.length);
  begin.add(end);
  return begin;
}
