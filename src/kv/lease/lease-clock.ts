import type { LeaseCheckpoint } from "../../proto/generated/etcd.ts";
import type { LeaseRecord } from "../../proto/generated/kv.ts";
import { DeadlineHeap } from "./deadline-heap.ts";
import { compareIds, type LeaseTable } from "./lease-table.ts";

/** etcd: leaseRevokeRate / 2, for each scan of 500 ms. */
const EXPIRED_PER_SCAN = 500;
/** Keys after which a scan leaves the other expired leases to the next one. */
const EXPIRED_KEYS_PER_SCAN = 10_000;
/** etcd: defaultExpiredleaseRetryInterval. */
const REVOKE_RETRY_MS = 3000;
/** etcd: defaultLeaseCheckpointInterval. */
const CHECKPOINT_INTERVAL_MS = 300_000;
/** etcd: maxLeaseCheckpointBatchSize. */
const CHECKPOINTS_PER_BATCH = 1000;
/** Leases that may expire in one second after a promotion. etcd: 3/4 of leaseRevokeRate. */
const EXPIRIES_PER_SECOND = 750;

/**
 * The result of a keep-alive. `checkpointed`: not renewed yet; first apply a checkpoint of 0 for
 * this lease (its recorded remaining time would outlive the renewal), then renew again. `expired`:
 * wait until it is revoked or this member is demoted.
 */
export type Renewal =
  | { readonly kind: "renewed"; readonly ttl: number }
  | { readonly kind: "not found" | "expired" | "checkpointed" | "not primary" };

/**
 * When leases expire, by the leader's clock; never replicated. Nothing expires on a member that is
 * not primary. Times come from the caller, in ms; a granted lease begins at the next call, so that
 * it never ends early.
 */
export class LeaseClock {
  readonly #table: LeaseTable;
  readonly #deadlines = new Map<bigint, number>();
  /** When to propose revoking a lease: at its deadline, then again at intervals. */
  readonly #revokes = new DeadlineHeap<bigint>();
  readonly #checkpoints = new DeadlineHeap<bigint>();
  /** Leases whose checkpoint may be on its way through the log. */
  readonly #checkpointing = new Set<bigint>();
  readonly #fresh = new Set<bigint>();
  #primary = false;

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  get primary(): boolean {
    return this.#primary;
  }

  granted(id: bigint): void {
    if (this.#primary) this.#fresh.add(id);
  }

  revoked(id: bigint): void {
    this.#deadlines.delete(id);
    this.#revokes.delete(id);
    this.#checkpoints.delete(id);
    this.#checkpointing.delete(id);
    this.#fresh.delete(id);
  }

  checkpointed(id: bigint): void {
    this.#checkpointing.delete(id);
  }

  /**
   * Called when this member becomes leader. Each lease gets its recorded remaining time, or its
   * full TTL where none is recorded, plus `extendMs`: a change of leader shortens none.
   */
  promote(nowMs: number, extendMs: number): void {
    this.demote();
    this.#primary = true;
    const due = this.#table.ids().map((id) => {
      const record = this.#record(id);
      const seconds = record.remainingTTL > 0 ? record.remainingTTL : record.TTL;
      return { id, atMs: nowMs + extendMs + seconds * 1000 };
    });
    due.sort((a, b) => a.atMs - b.atMs || compareIds(a.id, b.id));
    due.forEach((lease, i) => {
      const earlier = due[i - EXPIRIES_PER_SECOND];
      if (earlier) lease.atMs = Math.max(lease.atMs, earlier.atMs + 1000);
      this.#live(lease.id, lease.atMs, nowMs);
    });
  }

  /** As promote, but these have so many milliseconds left. */
  resume(nowMs: number, left: Iterable<{ readonly id: bigint; readonly leftMs: number }>): void {
    this.promote(nowMs, 0);
    for (const { id, leftMs } of left) {
      if (this.#deadlines.has(id)) this.#live(id, nowMs + leftMs, nowMs);
    }
  }

  /** What each lease has left, ascending by id, in whole milliseconds, not below 0. */
  left(nowMs: number): { readonly id: bigint; readonly leftMs: number }[] {
    this.#start(nowMs);
    return this.#table.ids().map((id) => {
      return { id, leftMs: Math.max(0, Math.ceil(this.#deadline(id) - nowMs)) };
    });
  }

  demote(): void {
    this.#primary = false;
    this.#deadlines.clear();
    this.#revokes.clear();
    this.#checkpoints.clear();
    this.#checkpointing.clear();
    this.#fresh.clear();
  }

  /** Renews a lease to its full TTL, if that may be done now. */
  renew(id: bigint, nowMs: number): Renewal {
    if (!this.#primary) return { kind: "not primary" };
    this.#start(nowMs);
    const record = this.#table.get(id);
    if (!record) return { kind: "not found" };
    if (this.#deadline(id) <= nowMs) return { kind: "expired" };
    if (record.remainingTTL > 0 || this.#checkpointing.has(id)) return { kind: "checkpointed" };
    this.#live(id, nowMs + record.TTL * 1000, nowMs);
    return { kind: "renewed", ttl: record.TTL };
  }

  /**
   * Whole seconds that a lease has left, rounded down; 0 once it is expired. Throws if this member
   * is not primary or there is no such lease.
   */
  remainingSeconds(id: bigint, nowMs: number): number {
    this.#start(nowMs);
    return Math.max(0, Math.ceil((this.#deadline(id) - nowMs) / 1000) - 1);
  }

  /** Leases to revoke now, the longest overdue first; each is repeated after 3 s. */
  expired(nowMs: number, grantedMs = nowMs): bigint[] {
    this.#start(grantedMs);
    const ids: bigint[] = [];
    let keys = 0;
    while (ids.length < EXPIRED_PER_SCAN && keys < EXPIRED_KEYS_PER_SCAN) {
      const id = this.#revokes.popDue(nowMs);
      if (id === undefined) break;
      ids.push(id);
      keys += this.#table.keyCount(id);
    }
    for (const id of ids) this.#revokes.set(id, nowMs + REVOKE_RETRY_MS);
    return ids;
  }

  /** Remaining times of long leases, each every 5 minutes, to be written to the log. */
  checkpointsDue(nowMs: number): LeaseCheckpoint[] {
    this.#start(nowMs);
    const due: LeaseCheckpoint[] = [];
    while (due.length < CHECKPOINTS_PER_BATCH) {
      const id = this.#checkpoints.popDue(nowMs);
      if (id === undefined) break;
      this.#scheduleCheckpoint(id, nowMs);
      const left = this.#left(id, nowMs);
      if (left !== undefined) due.push(left);
    }
    return due;
  }

  /** All leases by expiry, soonest first; by id while this member is not primary. */
  order(): bigint[] {
    const at = (id: bigint) => this.#deadlines.get(id) ?? Number.POSITIVE_INFINITY;
    const order = (a: bigint, b: bigint) => (at(a) === at(b) ? 0 : at(a) - at(b));
    return [...this.#table.ids()].sort((a, b) => order(a, b) || compareIds(a, b));
  }

  /** Starts leases that were granted since the last call. */
  #start(nowMs: number): void {
    for (const id of this.#fresh) this.#live(id, nowMs + this.#record(id).TTL * 1000, nowMs);
    this.#fresh.clear();
  }

  #live(id: bigint, deadlineMs: number, nowMs: number): void {
    this.#deadlines.set(id, deadlineMs);
    this.#revokes.set(id, deadlineMs);
    this.#scheduleCheckpoint(id, nowMs);
  }

  #scheduleCheckpoint(id: bigint, nowMs: number): void {
    if (this.#deadline(id) - nowMs > CHECKPOINT_INTERVAL_MS) {
      this.#checkpoints.set(id, nowMs + CHECKPOINT_INTERVAL_MS);
    } else {
      this.#checkpoints.delete(id);
    }
  }

  #left(id: bigint, nowMs: number): LeaseCheckpoint | undefined {
    const remainingTTL = Math.ceil((this.#deadline(id) - nowMs) / 1000);
    if (remainingTTL <= 0 || remainingTTL >= this.#record(id).TTL) return undefined;
    this.#checkpointing.add(id);
    return { ID: id, remainingTTL };
  }

  #deadline(id: bigint): number {
    const atMs = this.#deadlines.get(id);
    if (atMs === undefined) throw new Error(`lease ${id} has no deadline`);
    return atMs;
  }

  #record(id: bigint): LeaseRecord {
    const record = this.#table.get(id);
    if (!record) throw new Error(`lease ${id} has a clock, but is not in the table`);
    return record;
  }
}
