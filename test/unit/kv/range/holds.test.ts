import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { Holds, holdIdleMs, holdMaxMs, maxHolds } from "../../../../src/kv/range/holds.ts";
import {
  AuthRoleAddRequest,
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  CompactionRequest,
  DeleteRangeRequest,
  Permission,
  PutRequest,
  RangeRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { HoldRelease, type Query } from "../../../../src/proto/generated/kv.ts";
import { bytes, passwordRecord as hashedPassword, Machine, text } from "../support.ts";

const all = { key: bytes("\0"), rangeEnd: bytes("\0") };
const idOf = (n: number): Uint8Array => new Uint8Array(16).fill(n);
const put = (key: string, value: string) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes(value) }),
});
const remove = (key: string) => ({
  deleteRange: DeleteRangeRequest.create({ key: bytes(key) }),
});
const compact = (revision: number) => ({ compaction: CompactionRequest.create({ revision }) });

/** One key a page: the values of a range, read page by page with something done in between. */
class Reading {
  readonly #machine: Machine;
  readonly #fields: Partial<Query>;
  #revision = 0;
  #pageKey: Uint8Array<ArrayBufferLike> = new Uint8Array();
  readonly values: string[] = [];
  isDone = false;

  constructor(machine: Machine, fields: Partial<Query>) {
    this.#machine = machine;
    this.#fields = fields;
  }

  next(): void {
    const range = RangeRequest.create({ ...all, revision: this.#revision });
    const page = { range, maxBytes: 1, pageKey: this.#pageKey };
    const { range: answer, nextKey } = this.#machine.query({ ...page, ...this.#fields });
    this.#revision ||= answer?.header?.revision ?? 0;
    this.values.push(...(answer?.kvs ?? []).map(({ value }) => text(value)));
    this.#pageKey = nextKey;
    this.isDone = nextKey.length === 0;
  }

  rest(): string[] {
    while (!this.isDone) this.next();
    return this.values;
  }
}

function filled(): Machine {
  const machine = new Machine();
  for (const key of ["a", "b", "c", "d"]) machine.does(put(key, "old"));
  machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  return machine;
}

/** Changes everything, and takes out of the base what nobody holds. */
function changeAndCompact(machine: Machine): void {
  machine.does(put("a", "new"));
  machine.does(put("c", "new"));
  machine.does(remove("b"));
  machine.does(remove("d"));
  machine.does(compact(machine.state.revision));
  machine.checkpoint();
  while (!machine.state.checkpoints.compactSlice({ maxRows: 1, maxBytes: 1_000 }));
}

const old = ["old", "old", "old", "old"];

test("what a range is read at stays until its last page, and goes then", () => {
  const machine = filled();
  const reading = new Reading(machine, { hold: idOf(1) });
  reading.next();
  changeAndCompact(machine);
  assert.equal(machine.state.holds.oldest, 5);
  assert.deepEqual(reading.rest(), old);
  assert.equal(machine.state.holds.size, 0);
  while (!machine.state.checkpoints.compactSlice({ maxRows: 9, maxBytes: 1_000 }));
  const late = { hold: idOf(1), pageKey: bytes("b"), maxBytes: 1 };
  const range = RangeRequest.create({ ...all, revision: 5 });
  assert.throws(() => machine.query({ ...late, range }), { message: errors.compacted.text });
});

test("without a hold, or once it is released, a compaction ends the range", () => {
  for (const released of [false, true]) {
    const machine = filled();
    const reading = new Reading(machine, released ? { hold: idOf(1) } : {});
    reading.next();
    if (released) machine.query({ hold: idOf(1), holdRelease: HoldRelease.create() });
    changeAndCompact(machine);
    assert.throws(() => reading.next(), { message: errors.compacted.text });
  }
});

test("nobody else reads below the compaction, and nobody begins to", () => {
  const machine = filled();
  new Reading(machine, { hold: idOf(1) }).next();
  changeAndCompact(machine);
  const range = RangeRequest.create({ ...all, revision: 5 });
  for (const query of [{ range }, { range, hold: idOf(2) }, { range, hold: idOf(1) }]) {
    assert.throws(() => machine.query(query), { message: errors.compacted.text });
  }
});

test("a restart forgets who holds what, and goes on with what is still there", () => {
  const machine = filled();
  const reading = new Reading(machine, { hold: idOf(1) });
  reading.next();
  machine.does(put("a", "new"));
  machine.does(remove("d"));
  const manifest = machine.checkpoint();
  machine.restart(manifest);
  machine.does(compact(machine.state.revision));
  assert.equal(machine.state.holds.size, 0);
  reading.next();
  assert.equal(machine.state.holds.size, 1);
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  while (!machine.state.checkpoints.compactSlice({ maxRows: 1, maxBytes: 1_000 }));
  assert.deepEqual(reading.rest(), old);
});

test("a walk that a restart broke off may have taken rows: they are not read", () => {
  const machine = filled();
  const reading = new Reading(machine, { hold: idOf(1) });
  reading.next();
  machine.state.holds.release(idOf(1));
  machine.does(put("c", "new"));
  machine.does(compact(machine.state.revision));
  const manifest = machine.checkpoint();
  // As far as c, and not to the end.
  machine.state.checkpoints.compactSlice({ maxRows: 5, maxBytes: 1_000 });
  machine.restart(manifest);
  assert.throws(() => reading.rest(), { message: errors.compacted.text });
});

test("whoever may read the first page may read them all, and no other range", () => {
  const machine = new Machine();
  for (const name of ["root", "u"]) {
    machine.does({ authUserAdd: AuthUserAddRequest.create({ name, hashedPassword }) });
  }
  machine.does({
    authUserGrantRole: AuthUserGrantRoleRequest.create({ user: "root", role: "root" }),
  });
  machine.does({ authRoleAdd: AuthRoleAddRequest.create({ name: "r" }) });
  const perm = Permission.create({ permType: 0, ...all });
  const grant = AuthRoleGrantPermissionRequest.create({ name: "r", perm });
  machine.does({ authRoleGrantPermission: grant });
  machine.does({ authUserGrantRole: AuthUserGrantRoleRequest.create({ user: "u", role: "r" }) });
  for (const key of ["a", "b", "c", "d"]) machine.does(put(key, "old"));
  machine.does({ authEnable: {} });
  const as = (user: string) => ({ user, authRevision: machine.state.auth.revision });
  const reading = new Reading(machine, { hold: idOf(1), ...as("u") });
  reading.next();
  const revoke = AuthRoleRevokePermissionRequest.create({ role: "r", ...all });
  machine.does({ authRoleRevokePermission: revoke, ...as("root") });
  const late = { hold: idOf(1), pageKey: bytes("b"), ...as("u") };
  for (const range of [
    { ...all, key: bytes("b"), revision: 5 },
    { ...all, revision: 4 },
  ]) {
    const query = { ...late, range: RangeRequest.create(range) };
    assert.throws(() => machine.query(query), { message: errors.permissionDenied.text });
  }
  assert.deepEqual(reading.rest(), old);
});

test("too many are refused before their first page; what was begun goes on unheld", () => {
  const machine = filled();
  const range = RangeRequest.create(all);
  for (let i = 0; i < maxHolds; i++) {
    const hold = new Uint8Array(16);
    new DataView(hold.buffer).setUint32(0, i + 1);
    machine.query({ range, hold, maxBytes: 1 });
  }
  const another = { range, hold: idOf(255), maxBytes: 1 };
  assert.throws(() => machine.query(another), { message: errors.tooManyRequests.text });
  const begun = { range: RangeRequest.create({ ...all, revision: 5 }), pageKey: bytes("b") };
  assert.equal(machine.query({ ...another, ...begun }).range?.kvs.length, 1);
  assert.equal(machine.state.holds.size, maxHolds);
  // What fits one page needs none.
  assert.equal(machine.query({ range, hold: idOf(255) }).range?.kvs.length, 4);
});

test("what nobody asks for is not held for long, and what somebody does not for ever", () => {
  const holds = new Holds();
  const range = RangeRequest.create(all);
  holds.keep(idOf(1), range, 7);
  holds.keep(idOf(2), range, 9);
  holds.pass(holdIdleMs);
  assert.equal(holds.oldest, 7);
  holds.keep(idOf(2), range, 9);
  holds.pass(1);
  assert.equal(holds.oldest, 9);
  for (let ms = holdIdleMs + 1; ms + holdIdleMs <= holdMaxMs; ms += holdIdleMs) {
    holds.keep(idOf(2), range, 9);
    holds.pass(holdIdleMs);
  }
  holds.keep(idOf(2), range, 9);
  holds.pass(holdIdleMs);
  assert.equal(holds.oldest, Number.POSITIVE_INFINITY);
});

test("a client that wants its rows gone does not wait for what is being read", () => {
  const machine = filled();
  const reading = new Reading(machine, { hold: idOf(1) });
  reading.next();
  changeAndCompact(machine);
  assert.equal(machine.state.checkpoints.physicalCompactRevision, machine.state.compactRevision);
  assert.deepEqual(reading.rest(), old);
});
