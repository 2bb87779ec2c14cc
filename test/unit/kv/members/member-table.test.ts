import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import { MemberTable } from "../../../../src/kv/members/member-table.ts";
import {
  MemberContext,
  MemberRecord,
  MemberTable as MemberTableMessage,
  Request,
} from "../../../../src/proto/generated/kv.ts";
import type { ConfState } from "../../../../src/proto/raftpb.ts";
import { newConfState } from "../../../../src/proto/raftpb.ts";
import { CountingSink, recordsOf } from "../sink.ts";

class MemberTableFixture {
  readonly sink = new CountingSink();
  readonly table = new MemberTable(this.sink);

  /** Raft's configuration is what counts; the change itself brings only its context. */
  change(conf: Partial<ConfState>, member?: Partial<MemberRecord>): void {
    const record = member && MemberRecord.create(member);
    const context = record
      ? MemberContext.encode(MemberContext.create({ member: record }))
      : new Uint8Array(0);
    this.table.applyConfChange({ transition: 0, changes: [], context }, newConfState(conf));
    this.check();
  }

  apply(body: Partial<Request>) {
    const response = this.table.apply(Request.create(body));
    this.check();
    return response;
  }

  summary(): string[] {
    return this.table.list().map(({ ID, name, peerURLs, clientURLs, isLearner }) => {
      const role = isLearner ? "learner" : "voter";
      return `${ID} ${role} ${name} ${[...peerURLs, ...clientURLs].join(",")}`.trim();
    });
  }

  check(): void {
    assert.deepEqual(recordsOf(this.table), this.sink.present());
    const copy = new MemberTable(new CountingSink());
    copy.decode(this.table.encode());
    assert.deepEqual(recordsOf(copy), this.sink.present());
    assert.deepEqual(copy.encode(), this.table.encode());
    assert.deepEqual(copy.confState, this.table.confState);
  }
}

const instanceId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("members are born, join as learners, are promoted and go, and their ids go with them", () => {
  const world = new MemberTableFixture();
  world.change({ voters: [1] }, { ID: 1, name: "a", peerURLs: ["u1"], instanceId });
  world.change({ voters: [1], learners: [2] }, { ID: 2, peerURLs: ["u2"], locationHint: "weur" });
  assert.deepEqual(world.summary(), ["1 voter a u1", "2 learner  u2"]);
  world.change({ voters: [2, 1] });
  assert.deepEqual(world.summary(), ["1 voter a u1", "2 voter  u2"]);
  assert.deepEqual(world.table.confState.voters, [1, 2]);
  assert.equal(world.table.get(2)?.locationHint, "weur");
  world.change({ voters: [2] });
  assert.deepEqual(world.summary(), ["2 voter  u2"]);
  assert.ok(world.table.isRemoved(1) && !world.table.isRemoved(2));
  assert.deepEqual(world.table.removed(), [1]);
});

test("one that leaves through a joint configuration stays until that is left", () => {
  const world = new MemberTableFixture();
  world.change({ voters: [1, 2] });
  world.change({ voters: [1, 3], votersOutgoing: [1, 2], autoLeave: true }, { ID: 3, name: "c" });
  assert.deepEqual(world.summary(), ["1 voter", "2 learner", "3 voter c"]);
  assert.ok(!world.table.isRemoved(2));
  world.change({ voters: [1, 3] });
  assert.deepEqual(world.summary(), ["1 voter", "3 voter c"]);
  assert.ok(world.table.isRemoved(2));
});

test("what a context lacks stays as it was", () => {
  const world = new MemberTableFixture();
  const all = { name: "a", peerURLs: ["u"], clientURLs: ["c"], locationHint: "apac", instanceId };
  world.change({ voters: [1] }, { ID: 1, ...all });
  world.change({ voters: [1] }, { ID: 1, name: "b" });
  assert.deepEqual(world.summary(), ["1 voter b u,c"]);
  assert.deepEqual(world.table.get(1)?.instanceId, instanceId);
  world.change({ voters: [1] }, { ID: 5, name: "stranger" });
  assert.deepEqual(world.summary(), ["1 voter b u,c"]);
});

test("a member says who it is; one that was removed says it to nobody", () => {
  const world = new MemberTableFixture();
  world.change({ voters: [1, 2] });
  const said = { ID: 1n, name: "a", clientURLs: ["c"] };
  assert.deepEqual(world.apply({ memberAttributes: said }), { empty: {} });
  assert.deepEqual(world.apply({ memberAttributes: { ...said, ID: 9n } }), { empty: {} });
  assert.deepEqual(world.summary(), ["1 voter a c", "2 voter"]);
});

test("URLs are updated by id, leave a learner a learner, and stay everybody's own", () => {
  const world = new MemberTableFixture();
  world.change({ voters: [1] }, { ID: 1, peerURLs: ["u1"] });
  world.change({ voters: [1], learners: [2] }, { ID: 2, peerURLs: ["u2"] });
  const response = world.apply({ memberUpdate: { ID: 2n, peerURLs: ["z", "y"] } });
  assert.equal(response?.memberUpdate?.members.length, 2);
  assert.deepEqual(world.summary(), ["1 voter  u1", "2 learner  y,z"]);
  const refused = (kind: object) => (error: unknown) =>
    error instanceof KvError && error.kind === kind;
  const update = (ID: bigint) => () => world.apply({ memberUpdate: { ID, peerURLs: ["u1"] } });
  assert.throws(update(2n), refused(errors.peerUrlExists));
  assert.throws(update(3n), refused(errors.memberNotFound));
});

test("the cluster's version and a downgrade in progress are kept", () => {
  const world = new MemberTableFixture();
  world.apply({ clusterVersionSet: { version: "3.6.0" } });
  world.apply({ downgradeInfoSet: { enabled: true, version: "3.5.0" } });
  assert.equal(world.table.clusterVersion, "3.6.0");
  const { downgradeEnabled, downgradeTarget } = MemberTableMessage.decode(world.table.encode());
  assert.deepEqual([downgradeEnabled, downgradeTarget], [true, "3.5.0"]);
  world.apply({ downgradeInfoSet: { enabled: false, version: "" } });
  assert.equal(world.apply({ compaction: { revision: 1, physical: false } }), undefined);
  const empty = new MemberTable(new CountingSink());
  empty.decode(new Uint8Array(0));
  assert.deepEqual(recordsOf(empty), []);
});
