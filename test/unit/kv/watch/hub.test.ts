import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchHubOptions } from "../../../../src/kv/watch/hub.ts";
import { WatchHub } from "../../../../src/kv/watch/hub.ts";
import { WatchRoom, WatchSeat } from "../../../../src/kv/watch/room.ts";
import { FilterType, type WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import { headerAt, line, ModelHistory, slice, watch } from "./model.ts";

class HubFixture {
  readonly store = new ModelHistory();
  readonly hub: WatchHub;
  readonly room: WatchRoom;

  constructor(options: Partial<WatchHubOptions> = {}, room = new WatchRoom()) {
    this.room = room;
    this.hub = new WatchHub(this.store, { header: headerAt, slice: () => slice, ...options });
  }

  put(...pairs: readonly (readonly [string, string | undefined])[]): void {
    const events = this.store.write(pairs);
    this.hub.notify(this.store.revision, events);
  }

  /** A client that takes `credits` responses before it is slow. */
  open(credits = Number.POSITIVE_INFINITY) {
    const lines: string[] = [];
    const client = { lines, credits, take: () => lines.splice(0) };
    const sink = (response: WatchResponse) => {
      lines.push(line(response));
      client.credits -= 1;
      return client.credits > 0;
    };
    const seat = this.room.enter("");
    assert.ok(seat instanceof WatchSeat);
    const stream = this.hub.open(sink, seat, 1000);
    return Object.assign(client, { stream });
  }

  settle(): void {
    while (this.hub.catchUp());
  }
}

test("a watch from now on says created, then one message a revision", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "l"));
  world.put(["k1", "a"], ["k2", "b"], ["x", "c"]);
  world.put(["x", "d"]);
  world.put(["k1", undefined]);
  assert.deepEqual(take(), ["0@1 created", "0@2 [k1=a #2] [k2=b #2]", "0@4 [k1 gone #4]"]);
});

test("a watch from the past catches up inclusively, in one message with the revision", () => {
  const world = new HubFixture();
  world.put(["k", "a"]);
  world.put(["k", "b"]);
  world.put(["k", "c"]);
  const { stream, take } = world.open();
  stream.create(watch("k", "", { startRevision: 3 }));
  assert.ok(world.hub.pending);
  world.settle();
  world.put(["k", "d"]);
  assert.deepEqual(take(), ["0@4 created", "0@4 [k=b #3] [k=c #4]", "0@5 [k=d #5]"]);
});

test("a watch from the future is silent until then", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "", { startRevision: 4 }));
  assert.ok(!world.hub.pending);
  for (const value of ["a", "b", "c", "d"]) world.put(["k", value]);
  assert.deepEqual(take(), ["0@1 created", "0@4 [k=c #4]", "0@5 [k=d #5]"]);
});

test("ids count up from 0 past those in use, and none is given out twice", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "", { watchId: 1n }));
  for (let i = 0; i < 3; i += 1) stream.create(watch("k"));
  stream.cancel(0n);
  stream.create(watch("k"));
  stream.create(watch("k", "", { watchId: 3n }));
  stream.create(watch("k", "", { watchId: -7n }));
  const reason = "(mvcc: duplicate watch ID provided on the WatchStream)";
  assert.deepEqual(take(), [
    ...["1@1 created", "0@1 created", "2@1 created", "3@1 created", "0@1 canceled"],
    ...["4@1 created", `-1@1 created canceled ${reason}`, "-7@1 created"],
  ]);
});

test("an empty range, a negative start and a refusal are created and canceled at once", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("b", "a"));
  stream.create(watch("b", "", { startRevision: -1 }));
  stream.refuse("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
  assert.deepEqual(take(), [
    "-1@1 created canceled (mvcc: watcher range is empty)",
    "-1@1 created canceled (etcdserver: mvcc: required revision has been compacted)",
    "-1@1 created canceled " +
      "(rpc error: code = PermissionDenied desc = etcdserver: permission denied)",
  ]);
  assert.equal(world.hub.watcherCount, 0);
});

test("an absent key with an open end watches everything", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("", "\0"));
  world.put(["\0", "a"], ["\xff\xff", "b"]);
  assert.deepEqual(take(), ["0@1 created", "0@2 [\0=a #2] [\xff\xff=b #2]"]);
});

test("a start below the compaction is created, then canceled without a revision", () => {
  const world = new HubFixture();
  for (const value of ["a", "b", "c"]) world.put(["k", value]);
  world.store.compactRevision = 3;
  const { stream, take } = world.open();
  stream.create(watch("k", "", { startRevision: 2 }));
  stream.create(watch("k", "", { startRevision: 3 }));
  world.settle();
  assert.deepEqual(take(), [
    ...["0@4 created", "1@4 created", "0@0 canceled compacted=3", "1@4 [k=b #3] [k=c #4]"],
  ]);
});

test("a compaction does nothing to a watch that has caught up", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k"));
  for (const value of ["a", "b", "c"]) world.put(["x", value]);
  world.store.compactRevision = 4;
  world.settle();
  world.put(["k", "a"]);
  assert.deepEqual(take(), ["0@1 created", "0@5 [k=a #5]"]);
});

test("filters drop events, and a message left empty is not sent", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "", { filters: [FilterType.NOPUT] }));
  stream.create(watch("k", "", { filters: [FilterType.NODELETE] }));
  world.put(["k", "a"]);
  world.put(["k", undefined]);
  assert.deepEqual(take().slice(2), ["1@2 [k=a #2]", "0@3 [k gone #3]"]);
});

test("prev_kv is what the key held before, live and from history, and only for who asks", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "", { prevKv: true }));
  stream.create(watch("k"));
  world.put(["k", "a"]);
  world.put(["k", "b"]);
  world.put(["k", undefined]);
  const expected = ["[k=a #2]", "[k=b #3 was a]", "[k gone #4 was b]"];
  assert.deepEqual(take().slice(2), [
    ...[`0@2 ${expected[0]}`, "1@2 [k=a #2]", `0@3 ${expected[1]}`, "1@3 [k=b #3]"],
    ...[`0@4 ${expected[2]}`, "1@4 [k gone #4]"],
  ]);
  stream.create(watch("k", "", { prevKv: true, startRevision: 2 }));
  world.settle();
  assert.deepEqual(take(), ["2@4 created", `2@4 ${expected.join(" ")}`]);
  world.store.compactRevision = 3;
  stream.create(watch("k", "", { prevKv: true, startRevision: 3 }));
  world.settle();
  assert.deepEqual(take(), ["3@4 created", "3@4 [k=b #3] [k gone #4 was b]"]);
});

test("a slow client is moved to catching up, and nobody else waits for it", () => {
  const world = new HubFixture();
  const slow = world.open(2);
  const fast = world.open();
  slow.stream.create(watch("k"));
  fast.stream.create(watch("k"));
  for (const value of ["a", "b", "c"]) world.put(["k", value]);
  assert.deepEqual(slow.take(), ["0@1 created", "0@2 [k=a #2]"]);
  assert.equal(fast.take().length, 4);
  assert.equal(world.hub.slowWatcherCount, 1);
  assert.ok(!world.hub.pending);
  slow.credits = 10;
  slow.stream.drained();
  world.settle();
  assert.deepEqual(slow.take(), ["0@4 [k=b #3] [k=c #4]"]);
  assert.equal(world.hub.slowWatcherCount, 0);
});

test("a slow client whose place is compacted meanwhile is canceled", () => {
  const world = new HubFixture();
  const slow = world.open(1);
  slow.stream.create(watch("k"));
  for (const value of ["a", "b", "c"]) world.put(["k", value]);
  world.store.compactRevision = 3;
  slow.stream.drained();
  world.settle();
  assert.deepEqual(slow.take(), ["0@1 created", "0@0 canceled compacted=3"]);
});

test("one far behind does not hold up one a little behind", () => {
  const world = new HubFixture({ slice: () => ({ maxRevisions: 10, maxBytes: 1e6 }) });
  for (let i = 0; i < 100; i += 1) world.put(["k", `${i}`]);
  const { stream, lines } = world.open();
  stream.create(watch("k", "", { startRevision: 2 }));
  stream.create(watch("k", "", { startRevision: 95 }));
  world.hub.catchUp();
  world.hub.catchUp();
  assert.equal(lines.filter((text) => text.startsWith("1@101 [")).length, 1);
  assert.equal(world.hub.slowWatcherCount, 1);
});

test("those at the same place share one reading of history", () => {
  const world = new HubFixture();
  for (let i = 0; i < 10; i += 1) world.put(["k", `${i}`]);
  const { stream, lines } = world.open();
  for (let i = 0; i < 50; i += 1) stream.create(watch("k", "", { startRevision: 2 }));
  world.settle();
  assert.equal(lines.length, 100);
  assert.equal(world.store.reads, 1);
});

test("a message is cut into fragments for who asked for it, and for nobody else", () => {
  const world = new HubFixture({ fragmentBytes: 300 });
  const { stream, take } = world.open();
  stream.create(watch("k", "l", { fragment: true }));
  stream.create(watch("k", "l"));
  const value = "v".repeat(100);
  world.put(["k1", value], ["k2", value], ["k3", "w"]);
  assert.deepEqual(take().slice(2), [
    `0@2 [k1=${value} #2] ...`,
    `0@2 [k2=${value} #2] [k3=w #2]`,
    `1@2 [k1=${value} #2] [k2=${value} #2] [k3=w #2]`,
  ]);
});

test("progress asked for comes with id -1 once every watch has caught up", () => {
  const world = new HubFixture();
  world.put(["k", "a"]);
  const { stream, take } = world.open();
  stream.requestProgress();
  stream.create(watch("k"));
  stream.requestProgress();
  assert.deepEqual(take(), ["0@2 created", "-1@2"]);
  stream.create(watch("k", "", { startRevision: 2 }));
  stream.requestProgress();
  assert.deepEqual(take(), ["1@2 created"]);
  world.settle();
  assert.deepEqual(take(), ["1@2 [k=a #2]", "-1@2"]);
});

test("progress comes by itself to idle watches that want it", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k", "", { progressNotify: true }));
  stream.create(watch("k"));
  world.hub.tick(5000);
  world.hub.tick(5999);
  assert.deepEqual(take(), ["0@1 created", "1@1 created"]);
  world.hub.tick(6000);
  assert.deepEqual(take(), ["0@1"]);
  world.put(["k", "a"]);
  take();
  world.hub.tick(7000);
  assert.deepEqual(take(), []);
  world.hub.tick(8000);
  assert.deepEqual(take(), ["0@2"]);
});

test("after a snapshot was installed watches go on where they were, or are canceled", () => {
  const world = new HubFixture();
  const { stream, take } = world.open();
  stream.create(watch("k"));
  stream.create(watch("k", "", { startRevision: 100 }));
  world.store.write([["k", "a"]]);
  world.store.write([["k", "b"]]);
  world.hub.reset();
  world.settle();
  assert.deepEqual(take().slice(2), ["0@3 [k=a #2] [k=b #3]"]);
  world.store.write([["k", "c"]]);
  world.store.write([["k", "d"]]);
  world.store.write([["k", "e"]]);
  world.store.compactRevision = 5;
  world.hub.reset();
  world.settle();
  assert.deepEqual(take(), ["0@0 canceled compacted=5"]);
  assert.equal(world.hub.watcherCount, 1);
});

test("a canceled watch and a closed stream get nothing more", () => {
  const world = new HubFixture();
  const one = world.open();
  const other = world.open();
  for (const { stream } of [one, other]) stream.create(watch("k"));
  one.stream.cancel(0n);
  one.stream.cancel(99n);
  other.stream.close();
  other.stream.create(watch("k"));
  world.put(["k", "a"]);
  assert.deepEqual(one.take(), ["0@1 created", "0@1 canceled"]);
  assert.deepEqual(other.take(), ["0@1 created"]);
  assert.equal(world.hub.watcherCount, 0);
  assert.equal(world.hub.streamCount, 1);
});

test("there are only so many watchers", () => {
  const world = new HubFixture({}, new WatchRoom(1));
  const { stream, take } = world.open();
  stream.create(watch("k"));
  stream.create(watch("k"));
  const reason = "rpc error: code = ResourceExhausted desc = etcdserver: too many watches";
  const refused = `-1@1 created canceled (${reason})`;
  assert.deepEqual(take(), ["0@1 created", refused]);
});

test("a revision that is skipped is a broken host, not a gap", () => {
  const world = new HubFixture();
  const events = world.store.write([["k", "a"]]);
  assert.throws(
    () => world.hub.notify(3, events),
    /revision 1 was handed revisions 2 to 2 as those up to 3/,
  );
});
