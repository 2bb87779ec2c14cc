import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import {
  AuthEnableRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  UserAddOptions,
} from "../../../../src/proto/generated/etcd.ts";
import {
  ClusterVersionSetRequest,
  DowngradeInfoSetRequest,
  InternalAuthenticateRequest,
  MemberAttributesRequest,
  Query,
  type Request,
} from "../../../../src/proto/generated/kv.ts";
import { utf8 } from "../../../support/bytes.ts";
import { Cluster } from "../support/cluster.ts";

async function single(tuning = {}) {
  const cluster = new Cluster({ members: 1, tuning });
  await cluster.start();
  const ask = (body: Partial<Request>, token = "") =>
    cluster.until(
      cluster.ask(1, (member) =>
        member.propose({ request: cluster.request(body), token, timeoutMs: 10_000 }),
      ),
    );
  return { cluster, ask };
}

const refusal = (answer: Awaited<ReturnType<Cluster["propose"]>>) =>
  answer.kind === "error" ? answer.message : answer.kind;

test("what only the cluster itself proposes is refused from a client", async () => {
  const { cluster, ask } = await single();
  await ask({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 100 }) });
  const before = await cluster.peek(1);
  const checkpoints = [{ ID: 7n, remainingTTL: 1 }];
  const bodies: Partial<Request>[] = [
    { leaseCheckpoint: LeaseCheckpointRequest.create({ checkpoints }) },
    { memberAttributes: MemberAttributesRequest.create({ ID: 1n, name: "mine" }) },
    { clusterVersionSet: ClusterVersionSetRequest.create({ version: "9" }) },
    { downgradeInfoSet: DowngradeInfoSetRequest.create({ enabled: true, version: "3.5" }) },
  ];
  for (const body of bodies) {
    const what = Object.keys(body)[0];
    assert.equal(refusal(await ask(body)), "etcdserver: malformed request", what);
  }
  const after = await cluster.peek(1);
  assert.equal(after.log.lastIndex, before.log.lastIndex, "nothing was proposed");
  assert.equal(after.fingerprint, before.fingerprint);
  cluster.close();
});

/** A single member with etcd's auth on; `root` is its token. */
async function guarded() {
  const { cluster, ask } = await single();
  const options = UserAddOptions.create({ noPassword: true });
  await ask({ authUserAdd: AuthUserAddRequest.create({ name: "root", options }) });
  await ask({ authUserGrantRole: AuthUserGrantRoleRequest.create({ user: "root", role: "root" }) });
  assert.equal((await ask({ authEnable: AuthEnableRequest.create() })).kind, "ok");
  return { cluster, ask };
}

test("who asks is what the token says, whatever the request's bytes say", async () => {
  const { cluster, ask } = await guarded();
  const put = PutRequest.create({ key: utf8("k"), value: utf8("v") });
  assert.equal(refusal(await ask({ put })), "etcdserver: user name is empty");
  // The revision of the auth store by now, and whatever else somebody may guess.
  for (const authRevision of [0, 1, 2, 3, 4]) {
    const answer = await ask({ put, user: "root", authRevision });
    assert.equal(refusal(answer), "etcdserver: malformed request");
    const range = RangeRequest.create({ key: utf8("k") });
    const query = Query.encode(Query.create({ format: 1, range, user: "root", authRevision }));
    for (const consistency of ["linearizable", "serializable", "leader"] as const) {
      const request = { query, consistency, token: "", timeoutMs: 5_000 };
      const read = await cluster.until(cluster.ask(1, (member) => member.query(request)));
      assert.equal(refusal(read), "etcdserver: user name is empty");
    }
  }
  const request = InternalAuthenticateRequest.create({ name: "root", simpleToken: "abc" });
  assert.notEqual((await ask({ authenticate: request, user: "root" })).kind, "ok");
  cluster.close();
});

test("what a lost majority leaves is for root, and for the deployment's own token", async () => {
  const { cluster } = await guarded();
  const refused = async (deployment: boolean) => {
    const asked = { token: "", deployment };
    const part = { ...asked, index: 0, cursor: new Uint8Array(), possiblyOld: true };
    return [
      await cluster.until(cluster.ask(1, (member) => member.forceNew(asked))),
      await cluster.until(cluster.ask(1, (member) => member.backup(part))),
    ].map((answer) => (answer.kind === "error" ? answer.message : answer.kind));
  };
  const nobody = "etcdserver: user name is empty";
  assert.deepEqual(await refused(false), [nobody, nobody]);
  const [force, backup] = await refused(true);
  assert.match(force ?? "", /has a leader/);
  assert.equal(backup, "ok");
  cluster.close();
});

test("only one deletion of very many keys is under way at a time", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  for (let i = 0; i < 2_000; i += 100) {
    const success = Array.from({ length: 100 }, (_, j) => {
      const requestPut = PutRequest.create({ key: utf8(`k${i + j}`), value: utf8("v") });
      return RequestOp.create({ requestPut });
    });
    const request = cluster.request({ txn: TxnRequest.create({ success }) });
    assert.equal((await cluster.until(cluster.propose(leader, request))).kind, "ok");
  }
  const deletions = [
    ["k", "l"],
    ["k", "l"],
    ["k1", "k10"],
  ].map(([from = "", to]) => cluster.delete(leader, from, to));
  const answers = await cluster.until(Promise.all(deletions));
  assert.deepEqual(answers.map(refusal), ["ok", "ok", "ok"]);
  // They waited for one another, in the log one batch would hold both.
  const revisions = answers.slice(0, 2).map(({ header }) => header.appliedIndex);
  assert.notEqual(revisions[0], revisions[1]);
  cluster.close();
});

test("what small requests under way copy is bounded together", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const value = "v".repeat(1_400_000);
  assert.equal((await cluster.until(cluster.put(leader, "k", value))).kind, "ok");
  const ask = (put: Partial<PutRequest>) =>
    cluster.propose(
      leader,
      cluster.request({ put: PutRequest.create({ key: utf8("k"), ...put }) }),
    );
  for (const more of [{ ignoreValue: true }, { prevKv: true, value: utf8(value) }]) {
    const puts = Array.from({ length: 12 }, () => ask(more));
    const answers = (await cluster.until(Promise.all(puts))).map(refusal);
    const taken = answers.filter((answer) => answer === "ok");
    assert.ok(taken.length >= 1 && taken.length <= 5, `${taken.length} were taken`);
    const others = new Set(answers.filter((answer) => answer !== "ok"));
    assert.deepEqual([...others], ["etcdserver: too many requests"]);
  }
  await cluster.run(2_000);
  assert.equal((await cluster.until(ask({ ignoreValue: true }))).kind, "ok");
  cluster.close();
});

test("leases that expire wait while memory has no room for what goes with them", async () => {
  // No checkpoint makes room here.
  const held = { overlayBytes: 1 << 30, maxOverlayBytes: defaultTuning.maxOverlayBytes };
  const { cluster, ask } = await single({ ...held, maxOverlayBytes: 4_000 });
  await ask({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 2 }) });
  const value = utf8("v".repeat(8_000));
  await ask({ put: PutRequest.create({ key: utf8("k"), value, lease: 7n }) });
  await cluster.run(10_000);
  assert.equal((await cluster.range(1, "k", "serializable")).kvs.length, 1);
  cluster.close();
});
