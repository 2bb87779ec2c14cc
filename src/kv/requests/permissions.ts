import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from "../../proto/generated/etcd.ts";
import { bytesOf } from "../key-range.ts";
import type { Auth, Caller, Leases } from "../tables.ts";
import { everything } from "../txn/check.ts";

const noBytes = new Uint8Array(0);

/**
 * Who may do what to keys and leases, while auth is on (etcdserver/apply/apply_auth.go). Each
 * throws KvError.
 */
export class Permissions {
  readonly #auth: Auth;
  readonly #leases: Leases;

  constructor(auth: Auth, leases: Leases) {
    this.#auth = auth;
    this.#leases = leases;
  }

  checkRange(caller: Caller, { key, rangeEnd }: Pick<RangeRequest, "key" | "rangeEnd">): void {
    if (this.#auth.enabled) this.#auth.checkRange(caller, key, rangeEnd);
  }

  /** Putting on a lease may let others' keys live longer: all of its keys must be the caller's. */
  checkPut(caller: Caller, request: PutRequest): void {
    if (!this.#auth.enabled) return;
    this.#auth.checkWrite(caller, request.key, noBytes);
    if (request.lease !== 0n) this.checkLeaseWrite(caller, request.lease);
    if (request.prevKv) this.#auth.checkRange(caller, request.key, noBytes);
  }

  checkDelete(caller: Caller, request: DeleteRangeRequest): void {
    if (!this.#auth.enabled) return;
    this.#auth.checkWrite(caller, request.key, request.rangeEnd);
    if (request.prevKv) this.#auth.checkRange(caller, request.key, request.rangeEnd);
  }

  /** All of it, also what will not run. */
  checkTxn(caller: Caller, request: TxnRequest): void {
    if (!this.#auth.enabled) return;
    for (const { compare, op } of everything(request)) {
      if (compare !== undefined) this.checkRange(caller, compare);
      if (op?.requestRange !== undefined) this.checkRange(caller, op.requestRange);
      if (op?.requestPut !== undefined) this.checkPut(caller, op.requestPut);
      if (op?.requestDeleteRange !== undefined) this.checkDelete(caller, op.requestDeleteRange);
    }
    // A transaction of nothing is still asked by someone.
    this.#auth.checkUser(caller);
  }

  /** The caller may write every key that hangs on the lease. */
  checkLeaseWrite(caller: Caller, lease: bigint): void {
    if (!this.#auth.enabled) return;
    for (const key of this.#leases.keysOf(lease)) {
      this.#auth.checkWrite(caller, bytesOf(key), noBytes);
    }
  }

  /** The caller may read every key that hangs on the lease. */
  checkLeaseRead(caller: Caller, lease: bigint): void {
    if (!this.#auth.enabled) return;
    for (const key of this.#leases.keysOf(lease)) {
      this.#auth.checkRange(caller, bytesOf(key), noBytes);
    }
  }

  checkUser(caller: Caller): void {
    if (this.#auth.enabled) this.#auth.checkUser(caller);
  }

  checkAdmin(caller: Caller): void {
    if (this.#auth.enabled) this.#auth.checkAdmin(caller);
  }
}
