import { errors, KvError } from "../../etcd/errors.ts";
import type { KeyValue, PutRequest } from "../../proto/generated/etcd.ts";
import { costOfRevocation, type LeaseLoad, leasedKeyOverheadBytes } from "../lease/lease-table.ts";
import type { Lessor } from "../lease/lessor.ts";
import { valueBytesOf } from "../store/large-value.ts";
import type { Limits } from "../work/limits.ts";

/**
 * What one request may attach to leases. A lease ends with all its keys in one entry that cannot be
 * refused, so its keys are bounded when they are attached. The request's earlier puts count; keys
 * that it detaches do not make room.
 */
export class LeaseRoom {
  readonly #leases: Lessor;
  readonly #limits: Limits;
  /** Whether all limits hold, or only the number of keys. */
  readonly #bounded: boolean;
  readonly #taken = new Map<bigint, LeaseLoad>();
  #takenBytes = 0;

  constructor(leases: Lessor, limits: Limits, bounded: boolean) {
    this.#leases = leases;
    this.#limits = limits;
    this.#bounded = bounded;
  }

  hasLease(id: bigint): boolean {
    return this.#leases.has(id);
  }

  /**
   * Throws errors.tooManyLeaseKeys and errors.tooManyLeasedKeys. `prev` is the key's live version.
   */
  take(request: PutRequest, prev: KeyValue | undefined): void {
    const lease = request.ignoreLease ? (prev?.lease ?? 0n) : request.lease;
    if (lease === 0n) return;
    const there = prev?.lease === lease ? prev : undefined;
    if (!this.#bounded) {
      const full = this.#leases.keyCount(lease) >= this.#limits.maxLeaseKeys;
      if (full && there === undefined) throw new KvError(errors.tooManyLeaseKeys);
      return;
    }
    this.#takeAll(lease, loadOf(request, prev), there && loadOf(request, there, there));
  }

  #takeAll(lease: bigint, load: LeaseLoad, there: LeaseLoad = noLoad): void {
    const { maxLeaseKeys, maxDeletedKeyBytes, maxWork, maxLeasedBytes } = this.#limits;
    const more = combined(load, there, -1);
    const taken = combined(this.#taken.get(lease) ?? noLoad, more, 1);
    const all = combined(this.#leases.loadOf(lease), taken, 1);
    const over =
      (more.keys > 0 && (all.keys > maxLeaseKeys || all.keyBytes > maxDeletedKeyBytes)) ||
      (more.work > 0 && all.work > maxWork);
    if (over) throw new KvError(errors.tooManyLeaseKeys);
    this.#taken.set(lease, taken);
    this.#takenBytes += more.keyBytes + more.keys * leasedKeyOverheadBytes;
    const bytes = this.#leases.indexBytes + this.#takenBytes;
    if (more.keys > 0 && bytes > maxLeasedBytes) throw new KvError(errors.tooManyLeasedKeys);
  }
}

const noLoad: LeaseLoad = { keys: 0, keyBytes: 0, work: 0 };

/** The load of one key: with the value of the put, or of `kept` where the put keeps its value. */
function loadOf(
  { key, value, ignoreValue }: PutRequest,
  prev: KeyValue | undefined,
  kept = ignoreValue ? prev : undefined,
): LeaseLoad {
  const valueBytes = kept === undefined ? value.length : valueBytesOf(kept);
  return { keys: 1, keyBytes: key.length, work: costOfRevocation(key.length, valueBytes) };
}

function combined(a: LeaseLoad, b: LeaseLoad, sign: 1 | -1): LeaseLoad {
  return {
    keys: a.keys + sign * b.keys,
    keyBytes: a.keyBytes + sign * b.keyBytes,
    work: a.work + sign * b.work,
  };
}
