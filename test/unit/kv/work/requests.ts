import assert from "node:assert/strict";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import type { defaultLimits } from "../../../../src/kv/work/limits.ts";
import {
  AuthEnableRequest,
  AuthRoleAddRequest,
  AuthRoleGrantPermissionRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  Compare,
  DeleteRangeRequest,
  Permission,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  UserAddOptions,
} from "../../../../src/proto/generated/etcd.ts";
import { ClusterVersionSetRequest, Request } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";

/** The key after all that begin with `prefix`. */
export const endOf = (prefix: string) =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

export const range = (key: string, more: Partial<RangeRequest> = {}) =>
  RangeRequest.create({ key: bytes(key), rangeEnd: bytes(endOf(key)), ...more });
export const one = (key: string, more: Partial<RangeRequest> = {}) =>
  RangeRequest.create({ key: bytes(key), ...more });
export const rangeOp = (request: RangeRequest) => RequestOp.create({ requestRange: request });
export const putOp = (request: Partial<PutRequest>) =>
  RequestOp.create({ requestPut: PutRequest.create(request) });
export const deletion = (key: string, more: Partial<DeleteRangeRequest> = {}) =>
  DeleteRangeRequest.create({ key: bytes(key), rangeEnd: bytes(endOf(key)), ...more });
export const deleteOp = (key: string) => RequestOp.create({ requestDeleteRange: deletion(key) });
export const comparison = (key: string, more: Partial<Compare> = {}) =>
  Compare.create({ key: bytes(key), rangeEnd: bytes(endOf(key)), ...more });
export const txn = (request: Partial<TxnRequest>) => ({ txn: TxnRequest.create(request) });
export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** So many operations, in transactions within transactions: a list takes 128 at most. */
export function tree(ops: readonly RequestOp[], width = 60): readonly RequestOp[] {
  if (ops.length <= width) return ops;
  const size = Math.ceil(ops.length / width);
  const parts = times(Math.ceil(ops.length / size), (i) => ops.slice(i * size, (i + 1) * size));
  return parts.map((part) =>
    RequestOp.create({
      requestTxn: TxnRequest.create({ success: tree(part, Math.max(2, width >> 1)) }),
    }),
  );
}

/** A machine whose cluster holds its entries to all limits. */
export function boundedMachine(limits: Partial<typeof defaultLimits> = {}): Machine {
  const machine = new Machine(limits);
  raiseVersion(machine);
  return machine;
}

/** All members know the limits from here on. */
export function raiseVersion(machine: Machine): void {
  const clusterVersionSet = ClusterVersionSetRequest.create({ version: "2" });
  machine.applyData(Request.encode(Request.create({ format: 1, clusterVersionSet })));
}

export interface Filling {
  readonly prefix: string;
  readonly count: number;
  readonly valueBytes?: number;
  readonly keyBytes?: number;
  readonly lease?: bigint;
}

/** Puts keys and writes them to the base. */
export function fill(machine: Machine, filling: Filling): void {
  const { prefix, count, valueBytes = 1, keyBytes = 0, lease = 0n } = filling;
  const value = new Uint8Array(valueBytes).fill(118);
  const perTxn = Math.max(1, Math.min(100, Math.floor(1_000_000 / (valueBytes + keyBytes + 50))));
  for (let from = 0; from < count; from += perTxn) {
    const success = times(Math.min(perTxn, count - from), (i) =>
      putOp({ key: bytes(keyOf(prefix, from + i, keyBytes)), value, lease }),
    );
    machine.does(txn({ success }));
    if (machine.state.status.overlayBytes > 4_000_000) machine.checkpoint(2_000);
  }
  machine.checkpoint(2_000);
}

export const keyOf = (prefix: string, i: number, keyBytes = 0) =>
  `${prefix}${String(i).padStart(7, "0")}`.padEnd(keyBytes, "_");

export type Body = Partial<Request>;
export const put = (key: string, more: Partial<PutRequest> = {}) => ({
  put: PutRequest.create({ key: bytes(key), ...more }),
});

/** It is refused, nothing has changed, and it was not done first: its work ends at the budget. */
export function refused(machine: Machine, body: Body, kind: ErrorKind = errors.tooMuchWork): void {
  const [before, fingerprint] = [machine.state.work, machine.state.status.fingerprint()];
  const { error, events } = machine.apply(body);
  assert.equal(error?.message, kind.text);
  assert.deepEqual(events, []);
  assert.equal(machine.state.status.fingerprint(), fingerprint);
  const { maxWork } = machine.limits;
  assert.ok(machine.state.work - before < 1.5 * maxWork + 50_000_000, "it was done all the same");
}

export function spent(machine: Machine, body: Body): number {
  const before = machine.state.work;
  machine.does(body);
  return machine.state.work - before;
}

export const noPassword = UserAddOptions.create({ noPassword: true });

/** That role r may do everything from one key to the other. */
export const granted = (key: string, end: string) =>
  AuthRoleGrantPermissionRequest.create({
    name: "r",
    perm: Permission.create({ permType: 2, key: bytes(key), rangeEnd: bytes(end) }),
  });

/** With auth: root, and a user u who may do what role r may, from k to l. */
export function withUsers(machine: Machine): void {
  for (const [name, role] of [
    ["root", "root"],
    ["u", "r"],
  ] as const) {
    machine.does({ authUserAdd: AuthUserAddRequest.create({ name, options: noPassword }) });
    machine.does({ authRoleAdd: AuthRoleAddRequest.create({ name: role }) });
    machine.does({ authUserGrantRole: AuthUserGrantRoleRequest.create({ user: name, role }) });
  }
  machine.does({ authRoleGrantPermission: granted("k", "l") });
  machine.does({ authEnable: AuthEnableRequest.create() });
}
