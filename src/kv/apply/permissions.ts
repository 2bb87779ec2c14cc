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
 * Who may do what to keys and leases, while auth is on (etcdserver/apply/apply_auth.go). Each
 * throws KvError: errors.tooMuchWork, too.
 */
export class Permissions {
  readonly #auth: Authority;
  readonly #leases: Lessor;
  readonly #work: Work;
  /** Leases all of whose keys were found to be the caller's. */
  readonly #written = new Set<bigint>();

  /** Of one request, whose work this is. */
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

  /** Putting on a lease may let others' keys live longer: all of its keys must be the caller's. */
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
    if (!this.#auth.enabled || this.#written.has(lease)) return;
    this.#chargeLease(lease);
    this.#auth.checkWriteKeys(caller, this.#leases.keys(lease));
    this.#written.add(lease);
  }

  /** The caller may read every key that hangs on the lease. */
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
