import assert from "node:assert/strict";
import { test } from "node:test";
import { GatheredBytes, Superseded } from "../../../../src/kv/store/superseded.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes, Machine } from "../support.ts";

const row = (key: string, value = 0) => key.length + value + 256;
const put = (key: string, value: number) =>
  PutRequest.create({ key: bytes(key), value: new Uint8Array(value) });
const remove = (key: string) => DeleteRangeRequest.create({ key: bytes(key) });

test("what is stored is every version that is not compacted, tombstones too", () => {
  const machine = new Machine();
  const compact = (revision: number) =>
    machine.does({ compaction: CompactionRequest.create({ revision }) });
  const stored = () => machine.state.status.storedBytes;
  machine.does({ put: put("a", 100) });
  machine.does({ put: put("a", 1_000) });
  machine.does({ put: put("b", 10) });
  assert.equal(stored(), row("a", 100) + row("a", 1_000) + row("b", 10));
  machine.does({ deleteRange: remove("a") });
  const all = row("a", 100) + row("a", 1_000) + row("b", 10) + row("a");
  assert.equal(stored(), all);
  assert.equal(machine.state.status.liveBytes, row("b", 10));
  compact(2);
  assert.equal(stored(), all, "the newest at the compaction stays");
  compact(3);
  assert.equal(stored(), all - row("a", 100));
  compact(5);
  assert.equal(stored(), row("b", 10) + row("a"), "a tombstone at the compaction stays");
  machine.does({ put: put("c", 1) });
  compact(6);
  assert.equal(stored(), row("b", 10) + row("c", 1));
  assert.equal(stored(), machine.state.status.liveBytes);
});

test("a key that is changed twice in one revision counts twice until that is compacted", () => {
  const machine = new Machine();
  const nested = (operation: Partial<RequestOp>) => {
    const requestTxn = TxnRequest.create({ success: [RequestOp.create(operation)] });
    return RequestOp.create({ requestTxn });
  };
  const success = [
    nested({ requestPut: put("a", 50) }),
    nested({ requestDeleteRange: remove("a") }),
  ];
  machine.does({ txn: TxnRequest.create({ success }) });
  assert.equal(machine.state.status.storedBytes, row("a", 50) + row("a"));
  machine.does({ put: put("b", 1) });
  machine.does({ compaction: CompactionRequest.create({ revision: 2 }) });
  assert.equal(machine.state.status.storedBytes, row("a", 50) + row("a") + row("b", 1));
  machine.does({ compaction: CompactionRequest.create({ revision: 3 }) });
  assert.equal(machine.state.status.storedBytes, row("b", 1));
});

test("it is the same after a restart from a snapshot, and on who replays the log instead", () => {
  const [restarted, replaying] = [new Machine(), new Machine()];
  const both = (body: Parameters<Machine["does"]>[0]) => {
    restarted.does(body);
    replaying.does(body);
  };
  for (let i = 0; i < 3_000; i++) {
    both(i % 7 === 0 ? { deleteRange: remove(`k${i % 5}`) } : { put: put(`k${i % 9}`, i % 100) });
    if (i % 500 === 0) restarted.restart(restarted.checkpoint());
    if (i % 1_100 === 0 && i > 0) {
      both({ compaction: CompactionRequest.create({ revision: replaying.state.revision - 300 }) });
    }
    assert.equal(
      restarted.state.status.storedBytes,
      replaying.state.status.storedBytes,
      `entry ${i}`,
    );
  }
  assert.ok(replaying.state.status.storedBytes > replaying.state.status.liveBytes);
  const { revision } = replaying.state;
  both({ put: put("last", 1) });
  both({ compaction: CompactionRequest.create({ revision: revision + 1 }) });
  assert.equal(restarted.state.status.storedBytes, restarted.state.status.liveBytes);
  assert.deepEqual(restarted.checkpoint(), replaying.checkpoint());
});

test("a million revisions are kept in bounded groups, which are never freed too early", () => {
  const superseded = new Superseded();
  const last = 1_000_000;
  for (let revision = 1; revision <= last; revision++) superseded.add(revision, 10);
  assert.ok(superseded.groups.length <= 1_024, `${superseded.groups.length} groups`);
  assert.equal(superseded.bytes, 10 * last);
  const half = superseded.revisionFreeing(5 * last) ?? 0;
  assert.ok(half >= last / 2 && half < last / 2 + 8_000, `half is freed at ${half}`);
  superseded.free(half - 1);
  assert.ok(superseded.bytes >= 10 * (last - half + 1), "no more than is compacted");
  assert.ok(superseded.bytes <= 10 * (last - half + 8_000), "all but one group of it");
  superseded.free(last);
  assert.equal(superseded.bytes, 0);
  assert.equal(superseded.revisionFreeing(1), undefined);
  assert.throws(() => {
    superseded.add(7, 1);
    superseded.add(6, 1);
  }, /6 after 7/);
});

test("what comes in any order is what comes in order, or freed later by a few revisions", () => {
  const few = new GatheredBytes();
  for (const revision of [9, 3, 5, 3]) few.add(revision, revision);
  assert.deepEqual(few.groups(), [
    { revision: 3, bytes: 6 },
    { revision: 5, bytes: 5 },
    { revision: 9, bytes: 9 },
  ]);
  const [many, count] = [new GatheredBytes(), 50_000];
  // 7,919 is prime to the count: every revision once, far from its neighbours.
  for (let i = 0; i < count; i++) many.add(((i * 7_919) % count) + 1, 100);
  const groups = many.groups();
  assert.ok(groups.length <= 1_024, `${groups.length} groups`);
  const kept = new Superseded(groups);
  assert.equal(kept.bytes, count * 100);
  for (const revision of [1, 20_000, 49_000, count]) {
    kept.free(revision);
    const freed = count * 100 - kept.bytes;
    assert.ok(freed <= revision * 100, "never too early");
    assert.ok(freed >= revision * 100 - count, "and not by much too late");
  }
  assert.equal(kept.bytes, 0);
});
