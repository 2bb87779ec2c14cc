import assert from "node:assert/strict";
import { test } from "node:test";
import { KvError } from "../../../../src/etcd/errors.ts";
import { StateMachine } from "../../../../src/kv/state-machine.ts";
import {
  AlarmRequest,
  CompactionRequest,
  Compare,
  DeleteRangeRequest,
  HashKVRequest,
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  MemberListRequest,
  MemberUpdateRequest,
  Permission,
  PermissionType,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  WatchCreateRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../../src/proto/generated/kv.ts";
import { utf8 } from "../../../support/bytes.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { passwordRecord as hashedPassword } from "../support.ts";

const range = (key: string, rangeEnd = "") => ({ key: utf8(key), rangeEnd: utf8(rangeEnd) });
const put = (key: string, fields: Partial<PutRequest> = {}) =>
  PutRequest.create({ key: utf8(key), ...fields });
const success = (...ops: Partial<RequestOp>[]) => ({
  txn: TxnRequest.create({ success: ops.map((op) => RequestOp.create(op)) }),
});

/**
 * reader may read [a, b), writer may write it, both may do both, nobody has no role, and root is
 * root. Lease 1 has key a1, lease 2 has key z1, lease 3 has none.
 */
class AuthFixture {
  readonly machine = new StateMachine(new TurnDatabase().sql);
  #requests = 0;

  constructor() {
    const { READ, WRITE, READWRITE } = PermissionType;
    for (const name of ["root", "reader", "writer", "both", "nobody"]) {
      this.system({
        authUserAdd: { name, password: "", options: undefined, hashedPassword },
      });
    }
    this.role("reader", READ);
    this.role("writer", WRITE);
    this.role("both", READWRITE);
    this.system({ authUserGrantRole: { user: "root", role: "root" } });
    for (const ID of [1n, 2n, 3n]) {
      this.system({ leaseGrant: LeaseGrantRequest.create({ ID, TTL: 60 }) });
    }
    this.system({ put: put("a1", { lease: 1n }) });
    this.system({ put: put("z1", { lease: 2n }) });
    this.system({ authEnable: {} });
    this.machine.leases.promote(0, 0);
  }

  role(name: string, permType: number): void {
    this.system({ authRoleAdd: { name } });
    const perm = Permission.create({ ...range("a", "b"), permType });
    this.system({ authRoleGrantPermission: { name, perm } });
    this.system({ authUserGrantRole: { user: name, role: name } });
  }

  system(body: Partial<Request>): void {
    const applied = this.apply({ ...body }, "", 0);
    if (applied.error) throw applied.error;
  }

  /** Auth is off while the world is made, and everything is asked by a client. */
  apply(body: Partial<Request>, user: string, authRevision: number) {
    return this.applyData(this.encode(body, user, authRevision));
  }

  encode(body: Partial<Request>, user: string, authRevision: number): Uint8Array {
    this.#requests += 1;
    const requestId = new Uint8Array(16);
    new DataView(requestId.buffer).setUint32(0, this.#requests);
    const seenIndex = this.machine.appliedIndex;
    const fields = { format: 1, requestId, seenIndex, user, authRevision, ...body };
    return Request.encode(Request.create(fields));
  }

  applyData(data: Uint8Array) {
    return this.machine.apply({ index: this.machine.appliedIndex + 1, term: 1, data });
  }

  /** "ok", or the error without its prefix. */
  ask(body: Partial<Request>, user: string): string {
    const authRevision = user === "" ? 0 : this.machine.auth.revision;
    const { error } = this.apply(body, user, authRevision);
    return error?.message.replace("etcdserver: ", "") ?? "ok";
  }

  query(body: Partial<Query>, user: string): string {
    const authRevision = user === "" ? 0 : this.machine.auth.revision;
    const query = Query.encode(Query.create({ format: 1, user, authRevision, ...body }));
    try {
      Response.decode(this.machine.query(query, 0));
      return "ok";
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      return error.message.replace("etcdserver: ", "");
    }
  }
}

const users = ["reader", "writer", "both", "nobody"] as const;

/** Who is let through; everybody else is denied, and whoever has no token is told so. */
function allowed(ask: (user: string) => string, ...who: string[]): void {
  for (const user of users) {
    assert.equal(ask(user), who.includes(user) ? "ok" : "permission denied", user);
  }
  assert.equal(ask("root"), "ok");
  assert.equal(ask("stranger"), "permission denied");
  assert.equal(ask(""), "user name is empty");
}

const request = (body: () => Partial<Request>, ...who: string[]) => {
  const world = new AuthFixture();
  allowed((user) => world.ask(body(), user), ...who);
};
const query = (body: Partial<Query>, ...who: string[]) => {
  const world = new AuthFixture();
  allowed((user) => world.query(body, user), ...who);
};

test("put needs WRITE, with prev_kv also READ, with a lease also WRITE on all of its keys", () => {
  request(() => ({ put: put("a1") }), "writer", "both");
  request(() => ({ put: put("z1") }));
  request(() => ({ put: put("a1", { prevKv: true }) }), "both");
  request(() => ({ put: put("a1", { lease: 1n }) }), "writer", "both");
  const world = new AuthFixture();
  assert.equal(world.ask({ put: put("a1", { lease: 2n }) }, "both"), "permission denied");
  assert.equal(world.ask({ put: put("a1", { lease: 9n }) }, "both"), "requested lease not found");
});

test("delete needs WRITE on the whole range, with prev_kv also READ", () => {
  const deletes =
    (key: string, end: string, prevKv = false) =>
    () => ({
      deleteRange: DeleteRangeRequest.create({ ...range(key, end), prevKv }),
    });
  request(deletes("a1", ""), "writer", "both");
  request(deletes("a", "b"), "writer", "both");
  request(deletes("a", "c"));
  request(deletes("a", "\0"));
  request(deletes("a", "b", true), "both");
});

test("a transaction needs what every compare and every operation of both branches needs", () => {
  const compare = [Compare.create(range("a1"))];
  request(() => ({ txn: TxnRequest.create({ compare }) }), "reader", "both");
  request(() => success({ requestPut: put("a1") }), "writer", "both");
  request(() => success({ requestPut: put("a1", { prevKv: true }) }), "both");
  const failure = [RequestOp.create({ requestPut: put("z1") })];
  request(() => ({ txn: TxnRequest.create({ failure }) }));
  const nested = success({ requestPut: put("z1") }).txn;
  request(() => success({ requestTxn: nested }));
  request(() => success({ requestPut: put("a1", { lease: 2n }) }));
  request(() => ({ txn: TxnRequest.create() }), ...users);
  const reads = success({ requestRange: RangeRequest.create(range("a1")) });
  query(reads, "reader", "both");
});

test("range and watch need READ on the whole range", () => {
  query({ range: RangeRequest.create(range("a1")) }, "reader", "both");
  query({ range: RangeRequest.create(range("a", "b")) }, "reader", "both");
  query({ range: RangeRequest.create(range("a", "c")) });
  query({ watchCreate: WatchCreateRequest.create(range("a", "b")) }, "reader", "both");
  query({ watchCreate: WatchCreateRequest.create(range("a1", "\0")) });
  query({ watchCreate: WatchCreateRequest.create(range("", "\0")) });
});

test("any valid user grants leases, reads what is left of one, lists members and alarms", () => {
  let id = 100n;
  request(
    () => {
      id += 1n;
      return { leaseGrant: LeaseGrantRequest.create({ ID: id, TTL: 60 }) };
    },
    ...users,
  );
  query({ leaseTimeToLive: LeaseTimeToLiveRequest.create({ ID: 1n }) }, ...users);
  query({ memberList: MemberListRequest.create() }, ...users);
  query({ alarm: AlarmRequest.create() }, ...users);
});

test("a lease's keys decide who may revoke, renew and list it", () => {
  const revoke = (ID: bigint) => (user: string) =>
    new AuthFixture().ask({ leaseRevoke: LeaseRevokeRequest.create({ ID }) }, user);
  allowed(revoke(1n), "writer", "both");
  allowed(revoke(2n));
  allowed(revoke(3n), ...users);
  const keepAlive = (ID: bigint) => ({ leaseKeepAlive: LeaseKeepAliveRequest.create({ ID }) });
  query(keepAlive(1n), "writer", "both");
  query(keepAlive(2n));
  const keys = (ID: bigint) => LeaseTimeToLiveRequest.create({ ID, keys: true });
  query({ leaseTimeToLive: keys(1n) }, "reader", "both");
  query({ leaseTimeToLive: keys(2n) });
  query({ leaseLeases: {} });
});

test("only root compacts, changes members and alarms, hashes, and manages auth", () => {
  request(() => ({ compaction: CompactionRequest.create({ revision: 1 }) }));
  request(() => ({ alarm: AlarmRequest.create({ action: 1, memberID: 1n, alarm: 2 }) }));
  query({ hash: {} });
  query({ hashKv: HashKVRequest.create() });
  query({ adminCheck: {} });
  query({ authUserList: {} });
  query({ authRoleList: {} });
  const world = new AuthFixture();
  const update = { memberUpdate: MemberUpdateRequest.create({ ID: 1n }) };
  assert.equal(world.ask(update, "both"), "permission denied");
  assert.equal(world.ask({ authDisable: {} }, "both"), "permission denied");
});

test("auth's status is open; what was asked as of an older revision of auth is refused", () => {
  const world = new AuthFixture();
  assert.equal(world.query({ authStatus: {} }, ""), "ok");
  const { revision } = world.machine.auth;
  assert.equal(world.ask({ authRoleAdd: { name: "new" } }, "root"), "ok");
  const { error } = world.apply({ put: put("a1") }, "both", revision);
  assert.equal(error?.message, "etcdserver: revision of auth store is old");
});

test("what the cluster itself asks needs nobody's permission", () => {
  const world = new AuthFixture();
  const leaseRevoke = LeaseRevokeRequest.create({ ID: 2n });
  const data = Request.encode(Request.create({ format: 1, leaseRevoke }));
  const applied = world.applyData(data);
  assert.equal(applied.error, undefined);
  assert.equal(applied.events.length, 1);
});

test("a token ends with its entry's index, and a retry is told the same token", () => {
  const world = new AuthFixture();
  const { machine } = world;
  const { revision: authRevision } = machine.auth;
  const authenticate = { name: "both", simpleToken: "abcdefghijklmnop", authRevision };
  const data = world.encode({ authenticate }, "", 0);
  const token = world.applyData(data).response?.authenticate?.token ?? "";
  assert.equal(token, `abcdefghijklmnop.${machine.appliedIndex}`);
  assert.deepEqual(machine.auth.callerOf(token, 0), { user: "both", authRevision });
  const second = world.applyData(data);
  assert.equal(second.response?.authenticate?.token, token);
});
