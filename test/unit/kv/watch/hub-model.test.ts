import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteString } from "../../../../src/kv/keys/key-range.ts";
import { keyValueOf } from "../../../../src/kv/watch/event.ts";
import { WatchHub } from "../../../../src/kv/watch/hub.ts";
import type { WatchStream } from "../../../../src/kv/watch/stream.ts";
import type { WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import { EventType, FilterType } from "../../../../src/proto/generated/etcd.ts";
import { holds } from "../../../support/property.ts";
import { anySeat, eventLine, headerAt, ModelHistory, slice, watch } from "./model.ts";

/** What a client of one watch must have seen, kept apart from the hub. */
interface Expected {
  readonly start: number;
  readonly wants: (key: string, type: number) => boolean;
  readonly prevKv: boolean;
  readonly seen: string[];
  /** Revision of the last event. */
  last: number;
  ended: "no" | "canceled" | "compacted";
  compactRevision: number;
}

class Client {
  readonly stream: WatchStream;
  readonly watches = new Map<bigint, Expected>();
  readonly #history: ModelHistory;
  credits: number;
  progress = 0;
  /** What the watch being created will be. */
  coming: Expected | undefined;

  constructor(hub: WatchHub, history: ModelHistory, credits: number) {
    this.#history = history;
    this.credits = credits;
    this.stream = hub.open((response) => this.#take(response), anySeat());
  }

  #take(response: WatchResponse): boolean {
    this.credits -= 1;
    if (response.created) {
      assert.ok(this.coming);
      this.watches.set(response.watchId, this.coming);
      this.coming = undefined;
    } else if (response.watchId === -1n) {
      this.progress = response.header?.revision ?? 0;
      for (const each of this.watches.values()) {
        if (each.ended === "no") each.last = Math.max(each.last, this.progress);
      }
    } else {
      const expected = this.watches.get(response.watchId);
      assert.ok(expected && expected.ended === "no", `watch ${response.watchId} had ended`);
      this.#events(expected, response);
    }
    return this.credits > 0;
  }

  #events(expected: Expected, response: WatchResponse): void {
    if (response.canceled) {
      expected.ended = response.compactRevision > 0 ? "compacted" : "canceled";
      expected.compactRevision = response.compactRevision;
      return;
    }
    assert.ok(response.events.length > 0);
    for (const event of response.events) {
      const { modRevision } = keyValueOf(event);
      assert.ok(modRevision >= expected.last, "goes back, or repeats what progress had promised");
      expected.seen.push(eventLine(event));
    }
    const revisions = new Set(response.events.map((event) => keyValueOf(event).modRevision));
    assert.ok(!revisions.has(expected.last), "a revision came in two messages");
    expected.last = Math.max(...revisions);
    assert.equal(response.header?.revision, this.#history.revision);
  }
}

const keyNames = ["a", "b", "c", "d"];
const key = fc.constantFrom(...keyNames);
const changes = fc.uniqueArray(fc.tuple(key, fc.constantFrom("1", "2", undefined)), {
  selector: ([name]) => name,
  minLength: 1,
});
/** Bytes of the largest response that there is room for. */
const room = fc.constantFrom(0, 150, 300, 1_000_000);
/** From what allows nothing in a turn but one step to what allows everything. */
const turnWork = fc.constantFrom(1, 3_000, 10_000, 50_000, 100_000_000);
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      // Revisions that are handed over together.
      turn: fc.array(changes, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("watch" as const),
      client: fc.nat(2),
      begin: key,
      end: fc.constantFrom("", "\0", "c", "e"),
      back: fc.integer({ min: -3, max: 12 }),
      filter: fc.constantFrom(undefined, FilterType.NOPUT, FilterType.NODELETE),
      prevKv: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("cancel" as const), client: fc.nat(2), id: fc.nat(6) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("drain" as const),
      client: fc.nat(2),
      credits: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("catch up" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("renew" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tick" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("room" as const), bytes: room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), keep: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("install" as const), changes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("progress" as const), client: fc.nat(2) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly history = new ModelHistory();
  readonly hub: WatchHub;
  readonly clients: readonly Client[];
  roomBytes = Number.POSITIVE_INFINITY;

  constructor(turnWork: number) {
    this.hub = new WatchHub(this.history, {
      header: headerAt,
      slice: () => ({ maxRevisions: 3, maxBytes: 6 }),
      room: (bytes) => bytes <= this.roomBytes,
      turnWork,
    });
    this.clients = [1, 3, 1000].map((n) => new Client(this.hub, this.history, n));
  }

  step(command: Command): void {
    const client = "client" in command ? this.clients[command.client] : undefined;
    switch (command.do) {
      case "write": {
        const events = command.turn.flatMap((each) => this.history.write(each));
        this.hub.notify(this.history.revision, events);
        return;
      }
      case "watch":
        this.#watch(command);
        return;
      case "cancel":
        client?.stream.cancel(BigInt(command.id));
        return;
      case "drain":
        if (!client) return;
        client.credits = command.credits;
        client.stream.drained();
        return;
      case "catch up":
        this.hub.catchUp();
        return;
      case "renew":
        this.hub.renew();
        return;
      case "tick":
        this.hub.tick(0);
        return;
      case "room":
        this.roomBytes = command.bytes;
        return;
      case "compact":
        this.history.compactRevision = Math.max(
          this.history.compactRevision,
          this.history.revision - command.keep,
        );
        return;
      case "install":
        this.history.write(command.changes);
        this.history.write([["a", "installed"]]);
        this.hub.reset();
        return;
      case "progress":
        client?.stream.requestProgress();
    }
  }

  settle(): void {
    this.roomBytes = Number.POSITIVE_INFINITY;
    for (const client of this.clients) {
      client.credits = Number.POSITIVE_INFINITY;
      client.stream.drained();
    }
    for (let i = 0; this.hub.pending; i += 1) {
      assert.ok(i < 10_000, "catching up does not end");
      this.hub.catchUp();
    }
    assert.equal(this.hub.slowWatcherCount, 0);
  }

  check(): void {
    for (const client of this.clients) {
      for (const expected of client.watches.values()) this.#check(expected);
    }
  }

  /** What was seen is a prefix of all that was owed, and all of it unless the watch was ended. */
  #check(expected: Expected): void {
    const owed = this.history
      .all()
      .filter((event) => keyValueOf(event).modRevision >= expected.start)
      .filter((event) => expected.wants(byteString(keyValueOf(event).key), event.type));
    const lines = owed.map((event) => eventLine({ ...event, prevKv: undefined }));
    const seen = expected.seen.map((text) => text.replace(/ was [^\]]*/, ""));
    assert.deepEqual(seen, lines.slice(0, seen.length));
    if (expected.ended === "no") assert.equal(seen.length, lines.length, "events are missing");
    const next = owed[seen.length];
    if (expected.ended === "compacted" && next) {
      assert.ok(keyValueOf(next).modRevision <= this.history.revision);
      assert.ok(expected.last < expected.compactRevision, "canceled without need");
    }
    if (!expected.prevKv) assert.ok(expected.seen.every((text) => !text.includes(" was ")));
  }

  #watch(command: Extract<Command, { do: "watch" }>): void {
    const client = this.clients[command.client];
    if (!client || (command.end !== "" && command.end !== "\0" && command.end <= command.begin)) {
      return;
    }
    const startRevision = Math.max(0, this.history.revision + 1 - command.back);
    const filters = command.filter === undefined ? [] : [command.filter];
    client.coming = {
      start: startRevision === 0 ? this.history.revision + 1 : startRevision,
      wants: (name, type) => {
        if (command.filter === FilterType.NOPUT && type === EventType.PUT) return false;
        if (command.filter === FilterType.NODELETE && type === EventType.DELETE) return false;
        if (command.end === "") return name === command.begin;
        return name >= command.begin && (command.end === "\0" || name < command.end);
      },
      prevKv: command.prevKv,
      seen: [],
      last: 0,
      ended: "no",
      compactRevision: 0,
    };
    const fields = { startRevision, filters, prevKv: command.prevKv };
    client.stream.create(watch(command.begin, command.end, fields));
    assert.equal(client.coming, undefined);
  }
}

test("whatever clients do, each watch sees every event once, in order, by revision", (t) => {
  holds(
    t,
    fc.property(turnWork, fc.array(command, { maxLength: 150, size: "max" }), (work, commands) => {
      const run = new Run(work);
      for (const each of commands) run.step(each);
      run.settle();
      run.check();
    }),
    { numRuns: 400 },
  );
});

test("200 watchers, each slow in its own way, see 2,000 events exactly once", () => {
  const history = new ModelHistory();
  const hub = new WatchHub(history, { header: headerAt, slice: () => slice });
  const seen: number[][] = [];
  const credits: number[] = [];
  const streams = Array.from({ length: 200 }, (_, i) => {
    const mine: number[] = [];
    seen.push(mine);
    credits.push((i * 7) % 50);
    const sink = (response: WatchResponse) => {
      mine.push(...response.events.map((event) => keyValueOf(event).modRevision));
      const left = (credits[i] ?? 0) - 1;
      credits[i] = left;
      return left > 0;
    };
    return hub.open(sink, anySeat());
  });
  for (const stream of streams) stream.create(watch("k", "l"));
  for (let i = 0; i < 2000; i += 1) {
    hub.notify(history.revision + 1, history.write([[`k${i % 10}`, `${i}`]]));
    if (i % 40 === 0) {
      const which = (i / 40) % 200;
      credits[which] = 30;
      streams[which]?.drained();
      hub.catchUp();
    }
  }
  streams.forEach((stream, i) => {
    credits[i] = Number.POSITIVE_INFINITY;
    stream.drained();
  });
  while (hub.catchUp());
  const all = Array.from({ length: 2000 }, (_, i) => i + 2);
  for (const mine of seen) assert.deepEqual(mine, all);
});
