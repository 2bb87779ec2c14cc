import assert from "node:assert/strict";
import { test } from "node:test";
import { Context } from "../../../../src/api/http/context.ts";
import { FrameReader } from "../../../../src/api/watch/frames.ts";
import { ClientWatches, type ClientWatchesOptions } from "../../../../src/api/watch/stream.ts";
import {
  type Event,
  KeyValue,
  WatchCancelRequest,
  WatchCreateRequest,
  WatchProgressRequest,
  WatchRequest,
  type WatchResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { confirm, FakeStream } from "../support/fake-stream.ts";
import { FakeMember, header, JumpingClock, putAnswer, routerOf } from "../support/members.ts";

const create = (more: Partial<WatchCreateRequest> = {}) =>
  WatchRequest.create({ createRequest: WatchCreateRequest.create(more) });
const put = (modRevision: number, value = ""): Event => ({
  type: 0,
  kv: KeyValue.create({ modRevision, value: new TextEncoder().encode(value) }),
  prevKv: undefined,
});
/** A client's stream over a member whose streams are `streams`, one after the other. */
function setUp(
  streams: readonly FakeStream[],
  options: ClientWatchesOptions = {},
  time = new JumpingClock(),
) {
  const left = [...streams];
  const member = new FakeMember(1);
  member.answers = [putAnswer(header(1))];
  member.openWatch = () => left.shift() ?? new FakeStream(confirm);
  const { router, view, clock } = routerOf([member], time);
  const context = new Context({
    ...{ cluster: router, view, clock, token: "", origin: "", needsLeader: false },
    ...{ deadlineMs: undefined, signal: () => new AbortController().signal },
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  return new ClientWatches(context, { heartbeatMs: Number.POSITIVE_INFINITY, ...options });
}

const progressRequest = WatchProgressRequest.create();
const ask = WatchRequest.create({ progressRequest });

const revisions = (response: WatchResponse | undefined) =>
  response?.events.map(({ kv }) => kv?.modRevision);

test("clients count ids from 0, whatever members call them", async () => {
  const stream = new FakeStream(confirm);
  const watches = setUp([stream]);
  void watches.request(create({ watchId: 1n }));
  assert.equal((await watches.next())?.watchId, 1n);
  for (const id of [0n, 2n]) {
    void watches.request(create());
    assert.equal((await watches.next())?.watchId, id);
  }
  void watches.request(create({ watchId: 2n }));
  const twice = await watches.next();
  assert.equal(twice?.watchId, -1n);
  assert.match(twice?.cancelReason ?? "", /duplicate watch ID/);
  const cancelRequest = WatchCancelRequest.create({ watchId: 0n });
  void watches.request(WatchRequest.create({ cancelRequest }));
  stream.send({ watchId: 2n, canceled: true });
  assert.deepEqual((await watches.next())?.watchId, 0n);
  void watches.request(create());
  assert.equal((await watches.next())?.watchId, 3n);
  watches.close();
});

test("a stream goes on at the next member after the last event, with one welcome", async () => {
  const first = new FakeStream(confirm);
  const second = new FakeStream(confirm);
  const watches = setUp([first, second]);
  void watches.request(create({ startRevision: 3 }));
  assert.equal((await watches.next())?.created, true);
  first.send({ watchId: 1n, events: [put(3), put(4)] });
  assert.deepEqual(revisions(await watches.next()), [3, 4]);
  first.break();
  const next = watches.next();
  while (second.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(second.requests[0]?.createRequest?.startRevision, 5);
  second.send({ watchId: 1n, events: [put(5)] });
  assert.deepEqual(revisions(await next), [5]);
  watches.close();
});

test("a watch from now on goes on from the revision at which it was made", async () => {
  const first = new FakeStream(confirm);
  const second = new FakeStream(confirm);
  const watches = setUp([first, second]);
  void watches.request(create());
  await watches.next();
  first.break();
  const next = watches.next();
  while (second.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(second.requests[0]?.createRequest?.startRevision, 6);
  second.send({ watchId: 1n, events: [put(6)] });
  assert.deepEqual(revisions(await next), [6]);
  watches.close();
});

test("events of a revision that came in part only are not told twice", async () => {
  const first = new FakeStream(confirm);
  const second = new FakeStream(confirm);
  const watches = setUp([first, second]);
  void watches.request(create({ startRevision: 2 }));
  await watches.next();
  first.send({ watchId: 1n, fragment: true, events: [put(2), put(3, "a"), put(3, "b")] });
  assert.deepEqual(revisions(await watches.next()), [2, 3, 3]);
  first.break();
  const next = watches.next();
  while (second.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(second.requests[0]?.createRequest?.startRevision, 3);
  second.send({ watchId: 1n, events: [put(3, "a"), put(3, "b"), put(3, "c"), put(4)] });
  assert.deepEqual(revisions(await next), [3, 4]);
  watches.close();
});

test("a watch that may not go on is cancelled under the client's id", async () => {
  const first = new FakeStream(confirm);
  const second = new FakeStream((stream, { createRequest }) => {
    if (createRequest?.watchId === 1n) {
      stream.send({ watchId: -1n, created: true, canceled: true, cancelReason: "no more" });
    } else {
      stream.send({ watchId: createRequest?.watchId ?? 0n, created: true });
    }
  });
  const watches = setUp([first, second]);
  for (const watchId of [10n, 11n]) {
    void watches.request(create({ watchId }));
    await watches.next();
  }
  first.break();
  const ended = await watches.next();
  assert.equal(ended?.watchId, 10n);
  assert.equal(ended?.canceled, true);
  assert.equal(ended?.created, false);
  assert.equal(ended?.cancelReason, "no more");
  second.send({ watchId: 2n, events: [put(6)] });
  assert.equal((await watches.next())?.watchId, 11n);
  watches.close();
});

test("a create request that was never answered is asked of the next member", async () => {
  const first = new FakeStream();
  const second = new FakeStream(confirm);
  const watches = setUp([first, second]);
  void watches.request(create({ startRevision: 4 }));
  while (first.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  first.break();
  assert.equal((await watches.next())?.created, true);
  assert.equal(second.requests[0]?.createRequest?.startRevision, 4);
  watches.close();
});

test("progress is asked again of the next member, and moves every watch on", async () => {
  const first = new FakeStream(confirm);
  const second = new FakeStream(confirm);
  const third = new FakeStream(confirm);
  const watches = setUp([first, second, third]);
  void watches.request(create());
  await watches.next();
  const progressRequest = WatchProgressRequest.create();
  await watches.request(WatchRequest.create({ progressRequest }));
  first.break();
  const next = watches.next();
  while (second.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
  second.send({ watchId: -1n }, 40);
  assert.equal((await next)?.header?.revision, 40);
  second.break();
  while (third.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(third.requests[0]?.createRequest?.startRevision, 41);
  watches.close();
});

test("a stream that is silent for 15 s says how far it is, under the id of a watch", async () => {
  const stream = new FakeStream((member, request) => {
    if (request.progressRequest) member.send({ watchId: -1n }, 9);
    else confirm(member, request);
  });
  const clock = new JumpingClock();
  const watches = setUp([stream], { heartbeatMs: 15_000 }, clock);
  // It speaks in the midst of the first interval: the silence counts from there.
  clock.after(7_000, () => void watches.request(create({ watchId: 4n })));
  assert.equal((await watches.next())?.created, true);
  const sinceMs = clock.now();
  assert.ok(sinceMs >= 7_000 && sinceMs < 15_000, `${sinceMs}`);
  const heartbeat = await watches.next();
  assert.equal(heartbeat?.watchId, 4n);
  assert.equal(heartbeat?.header?.revision, 9);
  assert.deepEqual(heartbeat?.events, []);
  assert.equal(clock.now() - sinceMs, 15_000);
  watches.close();
});

test("progress is not answered where nothing is watched", async () => {
  const stream = new FakeStream(confirm);
  const watches = setUp([stream]);
  const progressRequest = WatchProgressRequest.create();
  await watches.request(WatchRequest.create({ progressRequest }));
  assert.equal(stream.requests.length, 0);
  watches.close();
});

test("frames are found wherever the chunks were cut", () => {
  const whole = Uint8Array.of(0, 0, 0, 2, 8, 9, 0, 0, 0, 0, 0, 0, 0, 1, 7);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const reader = new FrameReader();
    const frames = [...reader.push(whole.slice(0, cut)), ...reader.push(whole.slice(cut))];
    assert.deepEqual(
      frames.map((frame) => [...frame]),
      [[8, 9], [], [7]],
    );
  }
  const tooLong = Uint8Array.of(255, 0, 0, 0);
  assert.throws(() => new FrameReader().push(tooLong), /bytes on a watch stream/);
});

/** Members 1 to 3, each of which opens the stream that it is given, or refuses. */
function setUpMembers(open: (member: number) => FakeStream | "full") {
  const asked: number[] = [];
  const members = [1, 2, 3].map((id) => {
    const member = new FakeMember(id);
    member.answers = [putAnswer(header(id))];
    member.openWatch = () => {
      asked.push(id);
      const stream = open(id);
      if (stream !== "full") return stream;
      const { responses, control } = new FakeStream();
      const message = "etcdserver: too many watch streams";
      return { responses, control, refused: { code: 8, message } };
    };
    return member;
  });
  const { router, view, clock } = routerOf(members, new JumpingClock());
  const context = new Context({
    ...{ cluster: router, view, clock, token: "", origin: "", needsLeader: false },
    ...{ deadlineMs: undefined, signal: () => new AbortController().signal },
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  const watches = new ClientWatches(context, { heartbeatMs: Number.POSITIVE_INFINITY });
  return { watches, asked };
}

const noRoom = "rpc error: code = ResourceExhausted desc = etcdserver: too many watches";
const refuse = (stream: FakeStream, { createRequest }: WatchRequest) => {
  if (!createRequest) return;
  stream.send({ watchId: -1n, created: true, canceled: true, cancelReason: noRoom });
};

test("a stream that one member cannot take goes to another", async () => {
  const { watches, asked } = setUpMembers((id) => (id === 3 ? new FakeStream(confirm) : "full"));
  void watches.request(create());
  const answer = await watches.next();
  assert.deepEqual([answer?.created, answer?.canceled], [true, false]);
  assert.equal(asked.at(-1), 3);
  watches.close();
});

test("a first watch for which a member has no room goes to another, and is told once", async () => {
  const { watches, asked } = setUpMembers((id) => new FakeStream(id === 2 ? confirm : refuse));
  void watches.request(create());
  const answer = await watches.next();
  assert.deepEqual([answer?.created, answer?.canceled, answer?.watchId], [true, false, 0n]);
  assert.equal(asked.at(-1), 2);
  watches.close();
});

for (const how of ["streams", "watches"] as const) {
  test(`where no member has room for ${how}, it is refused, and the stream goes on`, async () => {
    let free = false;
    const { watches } = setUpMembers(() => {
      if (free) return new FakeStream(confirm);
      return how === "streams" ? "full" : new FakeStream(refuse);
    });
    void watches.request(create());
    const refused = await watches.next();
    assert.deepEqual([refused?.created, refused?.canceled, refused?.watchId], [true, true, -1n]);
    assert.match(refused?.cancelReason ?? "", /^rpc error: code = ResourceExhausted desc = .*many/);
    free = true;
    void watches.request(create());
    const taken = await watches.next();
    assert.deepEqual([taken?.created, taken?.canceled], [true, false]);
    watches.close();
  });
}

test("a watch that goes on finds a member with room for it", async () => {
  const first = new FakeStream(confirm);
  let opened = 0;
  const { watches } = setUpMembers(() => {
    opened += 1;
    if (opened === 1) return first;
    return new FakeStream(opened === 2 ? refuse : confirmAndTell);
  });
  const confirmAndTell = (stream: FakeStream, request: WatchRequest) => {
    confirm(stream, request);
    stream.send({ watchId: request.createRequest?.watchId ?? 0n, events: [put(9)] });
  };
  void watches.request(create());
  assert.equal((await watches.next())?.created, true);
  first.break();
  assert.deepEqual(revisions(await watches.next()), [9]);
  assert.equal(opened, 3);
  watches.close();
});

test("a watch of a key that is too large is refused without asking a member", async () => {
  const stream = new FakeStream(confirm);
  const watches = setUp([stream]);
  for (const more of [
    { key: new Uint8Array(65_537) },
    { key: new Uint8Array(1), rangeEnd: new Uint8Array(65_537) },
  ]) {
    void watches.request(create(more));
    const refused = await watches.next();
    assert.deepEqual([refused?.created, refused?.canceled, refused?.watchId], [true, true, -1n]);
    assert.match(refused?.cancelReason ?? "", /key or range_end of a watch is too large/);
  }
  assert.deepEqual(stream.requests, []);
  watches.close();
});

test("no progress is told below the revision from which a watch begins", async () => {
  const stream = new FakeStream(confirm);
  const watches = setUp([stream]);
  void watches.request(create({ startRevision: 8, progressNotify: true }));
  assert.equal((await watches.next())?.created, true);
  void watches.request(ask);
  stream.send({ watchId: 1n }, 7);
  stream.send({ watchId: -1n }, 7);
  stream.send({ watchId: 1n }, 8);
  const told = await watches.next();
  assert.deepEqual([told?.watchId, told?.header?.revision], [0n, 8]);
  void watches.request(ask);
  stream.send({ watchId: -1n }, 8);
  assert.deepEqual((await watches.next())?.watchId, -1n);
  watches.close();
});

test("one watch that has not begun keeps back what was asked for all of them", async () => {
  const stream = new FakeStream(confirm);
  const watches = setUp([stream]);
  for (const startRevision of [0, 8]) {
    void watches.request(create({ startRevision }));
    assert.equal((await watches.next())?.created, true);
  }
  void watches.request(ask);
  stream.send({ watchId: -1n }, 7);
  stream.send({ watchId: 1n, events: [put(8)] }, 8);
  assert.deepEqual(revisions(await watches.next()), [8]);
  watches.close();
});

test("a stream on which nothing was asked has a timer pending", () => {
  const timers = new Set<() => void>();
  const after = (_ms: number, run: () => void) => {
    timers.add(run);
    return () => timers.delete(run);
  };
  const { router, view } = routerOf([]);
  const context = new Context({
    ...{ cluster: router, view, clock: { now: () => 0, after }, token: "", origin: "" },
    ...{ needsLeader: false, deadlineMs: undefined, signal: () => new AbortController().signal },
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  const watches = new ClientWatches(context);
  void watches.next();
  assert.equal(timers.size, 1);
  watches.close();
  assert.equal(timers.size, 0);
});
