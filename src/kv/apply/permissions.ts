import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import type { Authority, Caller } from "../auth/authority.ts";
import type { Lessor } from "../lease/lessor.ts";
import { everything } from "../txn/check.ts";
import { cost, type Work } from "../work/work.ts";

type Range = Pick<RangeRequest, "key" | "rangeEnd">;

const noBytes = new Uint8Array(0);

/**
 * Checks who may do what to keys and leases while auth is on (etcdserver/apply/apply_auth.go). Each
 * method throws KvError, errors.tooMuchWork included.
 */
export class Permissions {
  readonly #auth: Authority;
  readonly #leases: Lessor;
  readonly #work: Work;
  /** Leases on which the caller was found to be allowed to write all keys. */
  readonly #written = new Set<bigint>();

  /** For one request, which `work` is charged for. */
  constructor(auth: Authority, leases: Lessor, work: Work) {
    this.#auth = auth;
    this.#leases = leases;
    this.#work = work;
  }

  checkRange(caller: Caller, { key, rangeEnd }: Range): void {
    if (!this.#auth.enabled) return;
    this.#work.chargeKey(cost.permission, key.length + rangeEnd.length);
    this.#auth.checkRange(caller, key, rangeEnd);
  }

  #checkWrite(caller: Caller, { key, rangeEnd }: Range): void {
    this.#work.chargeKey(cost.permission, key.length + rangeEnd.length);
    this.#auth.checkWrite(caller, key, rangeEnd);
  }

  /**
   * A put on a lease may keep other keys alive, so the caller must be allowed to write all of its
   * keys.
   */
  checkPut(caller: Caller, request: PutRequest): void {
    if (!this.#auth.enabled) return;
    const alone = { key: request.key, rangeEnd: noBytes };
    this.#checkWrite(caller, alone);
    if (request.lease !== 0n) this.checkLeaseWrite(caller, request.lease);
    if (request.prevKv) this.checkRange(caller, alone);
  }

  checkDelete(caller: Caller, request: DeleteRangeRequest): void {
    if (!this.#auth.enabled) return;
    this.#checkWrite(caller, request);
    if (request.prevKv) this.checkRange(caller, request);
  }

  /** Checks both branches, though only one will run. */
  checkTxn(caller: Caller, request: TxnRequest): void {
    if (!this.#auth.enabled) return;
    for (const { compare, op } of everything(request)) {
      if (compare !== undefined) this.checkRange(caller, compare);
      if (op?.requestRange !== undefined) this.checkRange(caller, op.requestRange);
      if (op?.requestPut !== undefined) this.checkPut(caller, op.requestPut);
      if (op?.requestDeleteRange !== undefined) this.checkDelete(caller, op.requestDeleteRange);
    }
    // An empty transaction needs a valid user as well.
    this.#auth.checkUser(caller);
  }

  /** Throws unless the caller may write every key attached to the lease. */
  checkLeaseWrite(caller: Caller, lease: bigint): void {
    if (!this.#auth.enabled || this.#written.has(lease)) return;
    this.#chargeLease(lease);
    this.#auth.checkWriteKeys(caller, this.#leases.keys(lease));
    this.#written.add(lease);
  }

  /** Throws unless the caller may read every key attached to the lease. */
  checkLeaseRead(caller: Caller, lease: bigint): void {
    if (!this.#auth.enabled) return;
    this.#chargeLease(lease);
    this.#auth.checkReadKeys(caller, this.#leases.keys(lease));
  }

  #chargeLease(lease: bigint): void {
    const { keys, keyBytes } = this.#leases.loadOf(lease);
    this.#work.chargeKey(cost.permission * (1 + keys), keyBytes);
  }

  checkUser(caller: Caller): void {
    if (this.#auth.enabled) this.#auth.checkUser(caller);
  }

  checkAdmin(caller: Caller): void {
    if (this.#auth.enabled) this.#auth.checkAdmin(caller);
  }
}
