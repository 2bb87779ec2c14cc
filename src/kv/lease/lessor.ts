import { errors, KvError } from "../../etcd/errors.ts";
import type {
  LeaseCheckpoint,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
} from "../../proto/generated/etcd.ts";
import { LeaseLeasesResponse, LeaseTimeToLiveResponse } from "../../proto/generated/etcd.ts";
import type { RecordSink, Table } from "../fingerprint/table.ts";
import { bytesOf } from "../keys/key-range.ts";
import type { Renewal } from "./lease-clock.ts";
import { LeaseClock } from "./lease-clock.ts";
import { type LeaseLoad, LeaseTable } from "./lease-table.ts";

/** The leases of a member: the replicated table, and the clock that only runs on a leader. */
export class Lessor implements Table {
  readonly name = "leases";
  readonly #table: LeaseTable;
  readonly #clock: LeaseClock;
  /** Since this member started; not replicated. */
  readonly counts = { granted: 0, revoked: 0, renewed: 0 };

  constructor(sink: RecordSink) {
    this.#table = new LeaseTable(sink);
    this.#clock = new LeaseClock(this.#table);
  }

  has(id: bigint): boolean {
    return this.#table.has(id);
  }

  /** All lease ids, ascending. */
  ids(): readonly bigint[] {
    return this.#table.ids();
  }

  // Called by the store: a key's newest version has this lease, or no longer has it.

  attach(id: bigint, key: string, valueBytes: number): void {
    this.#table.attach(id, key, valueBytes);
  }

  /** `valueBytes` must be what the key was attached with. */
  detach(id: bigint, key: string, valueBytes: number): void {
    this.#table.detach(id, key, valueBytes);
  }

  /** Detaches all keys; the store attaches them anew. */
  clearKeys(): void {
    this.#table.clearKeys();
  }

  /** How many keys are attached to the lease; 0 for an unknown one. */
  keyCount(id: bigint): number {
    return this.#table.keyCount(id);
  }

  /** The keys attached to the lease, in no order and without a copy. */
  keys(id: bigint): Iterable<string> {
    return this.#table.keys(id);
  }

  /** The load of the lease; empty for an unknown one. */
  loadOf(id: bigint): LeaseLoad {
    return this.#table.loadOf(id);
  }

  /** Estimated memory of the index of all leases' keys in bytes: the same on every member. */
  get indexBytes(): number {
    return this.#table.indexBytes;
  }

  /** How many leases there are. */
  get size(): number {
    return this.#table.size;
  }

  // Entries. Each throws KvError and then has changed nothing. A grant's id is never 0: the
  // proposing member picked one.

  grant(request: LeaseGrantRequest): LeaseGrantResponse {
    const response = this.#table.grant(request);
    this.counts.granted += 1;
    this.#clock.granted(request.ID);
    return response;
  }

  /** Returns the lease's keys in key order, to be deleted in one revision. */
  revoke(request: LeaseRevokeRequest): readonly string[] {
    const keys = this.#table.revoke(request);
    this.counts.revoked += 1;
    this.#clock.revoked(request.ID);
    return keys;
  }

  checkpoint(request: LeaseCheckpointRequest): void {
    this.#table.checkpoint(request);
    for (const { ID } of request.checkpoints) this.#clock.checkpointed(ID);
  }

  encode(): Uint8Array {
    return this.#table.encode();
  }

  /** Replaces the table; this member is then not primary, and no key is attached. */
  decode(data: Uint8Array): void {
    this.#table.decode(data);
    this.#clock.demote();
  }

  records(): Iterable<Uint8Array> {
    return this.#table.records();
  }

  /**
   * TTL -1 for an unknown lease. Throws KvError (leader changed) on a member that is not primary:
   * it does not know the time that is left.
   */
  timeToLive(request: LeaseTimeToLiveRequest, nowMs: number): LeaseTimeToLiveResponse {
    if (!this.#clock.primary) throw new KvError(errors.leaderChanged);
    const { ID } = request;
    const record = this.#table.get(ID);
    if (!record) return LeaseTimeToLiveResponse.create({ ID, TTL: -1 });
    return LeaseTimeToLiveResponse.create({
      ID,
      TTL: this.#clock.remainingSeconds(ID, nowMs),
      grantedTTL: record.TTL,
      keys: request.keys ? this.#table.keysOf(ID).map(bytesOf) : [],
    });
  }

  leases(): LeaseLeasesResponse {
    return LeaseLeasesResponse.create({ leases: this.#clock.order().map((ID) => ({ ID })) });
  }

  // The leader's clock.

  /** Whether `promote` was called since the last `demote` or `decode`. */
  get primary(): boolean {
    return this.#clock.primary;
  }

  promote(nowMs: number, extendMs: number): void {
    this.#clock.promote(nowMs, extendMs);
  }

  /** As promote, where it is known what each lease has left. */
  resume(nowMs: number, left: Iterable<{ readonly id: bigint; readonly leftMs: number }>): void {
    this.#clock.resume(nowMs, left);
  }

  /** What each lease has left, ascending by id, in milliseconds. Only while this is primary. */
  left(nowMs: number): readonly { readonly id: bigint; readonly leftMs: number }[] {
    return this.#clock.left(nowMs);
  }

  demote(): void {
    this.#clock.demote();
  }

  /**
   * Up to 500 leases to revoke now, fewer if they have many keys; one that still exists after 3 s
   * is returned again.
   *
   * @param grantedMs when the life of those begins that were granted since the last call.
   */
  expired(nowMs: number, grantedMs = nowMs): readonly bigint[] {
    return this.#clock.expired(nowMs, grantedMs);
  }

  /** Handles a keep-alive. See Renewal for what the host must do. */
  renew(id: bigint, nowMs: number): Renewal {
    const renewal = this.#clock.renew(id, nowMs);
    if (renewal.kind === "renewed") this.counts.renewed += 1;
    return renewal;
  }

  /** Up to 1,000 remaining times to propose now (LeaseCheckpointRequest). */
  checkpointsDue(nowMs: number): readonly LeaseCheckpoint[] {
    return this.#clock.checkpointsDue(nowMs);
  }
}
