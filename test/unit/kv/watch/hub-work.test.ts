import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchHub } from "../../../../src/kv/watch/hub.ts";
import type { WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import { FilterType } from "../../../../src/proto/generated/etcd.ts";
import { anySeat, headerAt, ModelHistory, slice, watch } from "./model.ts";

/** Work for about two thousand events, or four hundred that are sent. */
const turnWork = 600_000;
const keys = Array.from({ length: 100 }, (_, i) => `k${String(i).padStart(3, "0")}`);

class HubWorkFixture {
  readonly store = new ModelHistory();
  readonly hub = new WatchHub(this.store, { header: headerAt, slice: () => slice, turnWork });

  put(changes: readonly (readonly [string, string | undefined])[]): void {
    const events = this.store.write(changes);
    this.hub.notify(this.store.revision, events);
    this.hub.renew();
  }

  open() {
    const responses: WatchResponse[] = [];
    const stream = this.hub.open((response) => responses.push(response) > 0, anySeat());
    const events = () => responses.reduce((sum, { events: { length } }) => sum + length, 0);
    return { stream, responses, events };
  }

  /** Events that went out in each turn, until all have caught up. */
  turns(): number[] {
    const sent: number[] = [];
    while (this.hub.pending) {
      assert.ok(sent.length < 1_000, "catching up does not end");
      const before = this.hub.eventsSent;
      this.hub.catchUp();
      sent.push(this.hub.eventsSent - before);
    }
    return sent;
  }
}

test("an entry that many watch is told over many turns, whole and once to each", () => {
  const world = new HubWorkFixture();
  const clients = Array.from({ length: 200 }, () => world.open());
  for (const { stream } of clients) stream.create(watch("k", "l"));
  world.put(keys.map((key) => [key, "v"]));
  assert.ok(world.hub.eventsSent <= 800, `${world.hub.eventsSent} events in one turn`);
  const sent = world.turns();
  assert.ok(sent.length >= 20 && Math.max(...sent) <= 800, `${sent}`);
  for (const { responses } of clients) {
    assert.deepEqual(
      responses.map(({ events }) => events.length),
      [0, 100],
    );
  }
  assert.equal(world.store.reads, 0, "what was applied is not read again");
});

test("several entries of one turn share its work", () => {
  const world = new HubWorkFixture();
  const clients = Array.from({ length: 20 }, () => world.open());
  for (const { stream } of clients) stream.create(watch("k", "l"));
  for (let i = 0; i < 50; i += 1) {
    const events = world.store.write(keys.slice(0, 5).map((key) => [key, `${i}`]));
    world.hub.notify(world.store.revision, events);
  }
  assert.ok(world.hub.eventsSent <= 800, `${world.hub.eventsSent} events in one turn`);
  world.turns();
  for (const { responses } of clients) {
    const revisions = responses.flatMap(({ events }) => events.map(({ kv }) => kv?.modRevision));
    assert.deepEqual(
      revisions,
      Array.from({ length: 250 }, (_, i) => 2 + Math.floor(i / 5)),
    );
  }
});

test("whom an entry does not concern is not behind, and gets what comes next at once", () => {
  const world = new HubWorkFixture();
  const many = Array.from({ length: 200 }, () => world.open());
  for (const { stream } of many) stream.create(watch("k", "l"));
  const other = world.open();
  other.stream.create(watch("x"));
  world.put(keys.map((key) => [key, "v"]));
  assert.equal(world.hub.slowWatcherCount, 200);
  world.put([["x", "v"]]);
  assert.equal(other.events(), 1);
});

test("who comes while many catch up with a large entry does not wait for all of them", () => {
  const world = new HubWorkFixture();
  world.put([["x", "v"]]);
  const many = Array.from({ length: 10 }, () => world.open());
  for (let i = 0; i < 20; i += 1) for (const { stream } of many) stream.create(watch("k", "l"));
  world.put(keys.map((key) => [key, "v"]));
  world.hub.catchUp();
  const late = world.open();
  late.stream.create(watch("x", "", { startRevision: 2 }));
  for (let turns = 0; late.events() === 0; turns += 1) {
    assert.ok(turns < 12, "others were served twice before");
    world.hub.catchUp();
  }
  assert.ok(world.hub.slowWatcherCount > 100);
});

test("no progress is told to whom a large entry was not told yet", () => {
  const world = new HubWorkFixture();
  const clients = Array.from({ length: 50 }, () => world.open());
  for (const { stream } of clients) stream.create(watch("k", "l", { progressNotify: true }));
  world.put(keys.map((key) => [key, "v"]));
  for (const { stream } of clients) stream.requestProgress();
  for (let now = 0; world.hub.pending; now += 700_000) {
    world.hub.tick(now);
    world.hub.catchUp();
  }
  for (const { responses, stream } of clients) {
    const at = responses.findIndex(({ events }) => events.length > 0);
    const early = responses.slice(1, at);
    assert.deepEqual(early, [], `${early.length} responses before the events`);
    assert.equal(responses[at + 1]?.watchId, -1n);
    assert.equal(stream.behind.size, 0);
  }
});

test("what filters leave out is work, too", () => {
  const world = new HubWorkFixture();
  const nothing = { filters: [FilterType.NOPUT, FilterType.NODELETE] };
  for (let i = 0; i < 200; i += 1) world.open().stream.create(watch("k", "l", nothing));
  world.put(keys.map((key) => [key, "v"]));
  assert.equal(world.hub.slowWatcherCount, 200);
  assert.ok(world.turns().length > 5);
  assert.equal(world.hub.slowWatcherCount, 0);
  assert.equal(world.hub.eventsSent, 0);
});
