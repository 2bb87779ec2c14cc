import { errors, KvError } from "../../etcd/errors.ts";
import type {
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseRevokeRequest,
} from "../../proto/generated/etcd.ts";
import { LeaseGrantResponse as LeaseGrantResponseMessage } from "../../proto/generated/etcd.ts";
import { LeaseRecord, LeaseTable as LeaseTableMessage } from "../../proto/generated/kv.ts";
import type { RecordSink } from "../fingerprint/table.ts";
import { cost, costOfDeletion } from "../work/work.ts";

/** etcd: ceil of one and a half election timeouts. */
const MIN_LEASE_TTL_SECONDS = 2;
/** etcd: lease.MaxLeaseTTL. */
export const maxLeaseTtlSeconds = 9_000_000_000;

const LARGEST_ID = (1n << 63n) - 1n;

/** What ends with one lease. */
export interface LeaseLoad {
  readonly keys: number;
  readonly keyBytes: number;
  /** The cost of deleting all its keys (work.ts). */
  readonly work: number;
}

interface Lease {
  record: LeaseRecord;
  readonly keys: Set<string>;
  keyBytes: number;
  work: number;
}

/** Bytes reckoned for a key in the index beside its own: the string, and its place in a set. */
export const leasedKeyOverheadBytes = 96;

const noLoad: LeaseLoad = { keys: 0, keyBytes: 0, work: 0 };

/** An id from 8 random bytes, positive, for a grant that names none. */
export function leaseIdFrom(random: Uint8Array): bigint {
  if (random.length !== 8) throw new Error(`a lease id is 8 random bytes, not ${random.length}`);
  const id = new DataView(random.buffer, random.byteOffset).getBigUint64(0) & LARGEST_ID;
  return id === 0n ? 1n : id;
}

/**
 * The replicated part of leases: ids, TTLs and attached keys (etcd: server/lease/lessor.go without
 * its clock).
 */
export class LeaseTable {
  readonly #sink: RecordSink;
  #leases = new Map<bigint, Lease>();
  #indexBytes = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  get(id: bigint): LeaseRecord | undefined {
    return this.#leases.get(id)?.record;
  }

  ids(): bigint[] {
    return [...this.#leases.keys()].sort(compareIds);
  }

  attach(id: bigint, key: string, valueBytes: number): void {
    const lease = this.#leases.get(id);
    if (!lease) throw new Error(`a key is attached to lease ${id}, which does not exist`);
    if (lease.keys.has(key)) throw new Error(`a key is attached to lease ${id} twice`);
    lease.keys.add(key);
    this.#weigh(lease, key, valueBytes, 1);
  }

  /** Does nothing for a lease that is gone: revoking it detached its keys. */
  detach(id: bigint, key: string, valueBytes: number): void {
    const lease = this.#leases.get(id);
    if (lease?.keys.delete(key)) this.#weigh(lease, key, valueBytes, -1);
  }

  #weigh(lease: Lease, { length }: string, valueBytes: number, sign: 1 | -1): void {
    lease.keyBytes += sign * length;
    lease.work += sign * costOfRevocation(length, valueBytes);
    this.#indexBytes += sign * (length + leasedKeyOverheadBytes);
  }

  clearKeys(): void {
    for (const lease of this.#leases.values()) this.#release(lease);
  }

  #release(lease: Lease): void {
    this.#indexBytes -= lease.keyBytes + lease.keys.size * leasedKeyOverheadBytes;
    lease.keys.clear();
    lease.keyBytes = 0;
    lease.work = 0;
  }

  keys(id: bigint): Iterable<string> {
    return this.#leases.get(id)?.keys ?? [];
  }

  loadOf(id: bigint): LeaseLoad {
    const lease = this.#leases.get(id);
    if (lease === undefined) return noLoad;
    return { keys: lease.keys.size, keyBytes: lease.keyBytes, work: lease.work };
  }

  get indexBytes(): number {
    return this.#indexBytes;
  }

  get size(): number {
    return this.#leases.size;
  }

  keysOf(id: bigint): readonly string[] {
    return [...(this.#leases.get(id)?.keys ?? [])].sort();
  }

  keyCount(id: bigint): number {
    return this.#leases.get(id)?.keys.size ?? 0;
  }

  /**
   * A TTL below the minimum, even a negative one, is raised to it. Throws KvError: lease not found
   * (id 0), too large TTL, lease exists.
   */
  grant({ ID: id, TTL: asked }: LeaseGrantRequest): LeaseGrantResponse {
    if (id === 0n) throw new KvError(errors.leaseNotFound);
    if (asked > maxLeaseTtlSeconds) throw new KvError(errors.leaseTtlTooLarge);
    if (this.#leases.has(id)) throw new KvError(errors.leaseExists);
    const TTL = Math.max(asked, MIN_LEASE_TTL_SECONDS);
    const record = LeaseRecord.create({ ID: id, TTL });
    this.#leases.set(id, newLease(record));
    this.#sink.add(LeaseRecord.encode(record));
    return LeaseGrantResponseMessage.create({ ID: id, TTL });
  }

  /**
   * Deletes the lease and returns its keys, in key order: the caller deletes them in one revision.
   * Throws KvError: lease not found.
   */
  revoke({ ID: id }: LeaseRevokeRequest): readonly string[] {
    const lease = this.#leases.get(id);
    if (!lease) throw new KvError(errors.leaseNotFound);
    const keys = this.keysOf(id);
    this.#release(lease);
    this.#leases.delete(id);
    this.#sink.remove(LeaseRecord.encode(lease.record));
    return keys;
  }

  /** Records remaining times to live; 0 clears the record. Unknown leases are skipped. */
  checkpoint({ checkpoints }: LeaseCheckpointRequest): void {
    for (const { ID: id, remainingTTL: remaining } of checkpoints) {
      const lease = this.#leases.get(id);
      if (!lease) continue;
      const remainingTTL = Math.max(remaining, 0);
      if (remainingTTL === lease.record.remainingTTL) continue;
      this.#sink.remove(LeaseRecord.encode(lease.record));
      lease.record = { ...lease.record, remainingTTL };
      this.#sink.add(LeaseRecord.encode(lease.record));
    }
  }

  encode(): Uint8Array {
    const leases = [...this.#sorted()].map(({ record }) => record);
    return LeaseTableMessage.encode({ leases });
  }

  decode(data: Uint8Array): void {
    const { leases } = LeaseTableMessage.decode(data);
    this.#leases = new Map(leases.map((record) => [record.ID, newLease(record)]));
    this.#indexBytes = 0;
  }

  *records(): Iterable<Uint8Array> {
    for (const { record } of this.#leases.values()) yield LeaseRecord.encode(record);
  }

  *#sorted(): Iterable<Lease> {
    for (const id of this.ids()) {
      const lease = this.#leases.get(id);
      if (lease) yield lease;
    }
  }
}

function newLease(record: LeaseRecord): Lease {
  return { record, keys: new Set(), keyBytes: 0, work: 0 };
}

/** The cost of deleting a key that is found by its lease. */
export function costOfRevocation(keyBytes: number, valueBytes: number): number {
  return cost.lookupInRow + costOfDeletion(keyBytes, valueBytes);
}

export function compareIds(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
