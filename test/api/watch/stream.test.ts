import assert from "node:assert/strict";
import { test } from "node:test";
import { Context } from "../../../src/api/context.ts";
import { FrameReader } from "../../../src/api/watch/frames.ts";
import { WatchStream, type WatchStreamOptions } from "../../../src/api/watch/stream.ts";
import {
  type Event,
  KeyValue,
  ResponseHeader,
  WatchCancelRequest,
  WatchCreateRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
} from "../../../src/proto/generated/etcd.ts";
import { FakeMember, header, JumpingClock, putAnswer, routerOf } from "../support/members.ts";

/** The member's end of one stream. */
class FakeStream {
  readonly requests: WatchRequest[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly responses = new ReadableStream<Uint8Array>({
    start: (controller) => {
      this.#controller = controller;
    },
  });
  readonly control = {
    request: async (bytes: Uint8Array) => {
      const request = WatchRequest.decode(bytes);
      this.requests.push(request);
      this.#asked?.(request);
    },
  };
  readonly #asked: ((request: WatchRequest) => void) | undefined;

  constructor(asked?: (stream: FakeStream, request: WatchRequest) => void) {
    this.#asked = asked === undefined ? undefined : (request) => asked(this, request);
  }

  send(fields: Partial<WatchResponse>, revision = 5): void {
    const told = ResponseHeader.create({ revision });
    const message = WatchResponse.encode(WatchResponse.create({ header: told, ...fields }));
    const frame = new Uint8Array(4 + message.length);
    new DataView(frame.buffer).setUint32(0, message.length);
    frame.set(message, 4);
    this.#controller?.enqueue(frame);
  }

  break(): void {
    this.#controller?.error(new Error("the member has gone"));
  }
}

const create = (more: Partial<WatchCreateRequest> = {}) =>
  WatchRequest.create({ createRequest: WatchCreateRequest.create(more) });
const put = (modRevision: number, value = ""): Event => ({
  type: 0,
  kv: KeyValue.create({ modRevision, value: new TextEncoder().encode(value) }),
  prevKv: undefined,
});
const confirm = (stream: FakeStream, { createRequest }: WatchRequest) => {
  if (createRequest) stream.send({ watchId: createRequest.watchId, created: true });
};

/** A client's stream over a member whose streams are `streams`, one after the other. */
function setUp(streams: readonly FakeStream[], options: WatchStreamOptions = {}) {
  const left = [...streams];
  const member = new FakeMember(1);
  member.answers = [putAnswer(header(1))];
  member.openWatch = () => left.shift() ?? new FakeStream(confirm);
  const { router, view, clock } = routerOf([member], new JumpingClock());
  const context = new Context({
    ...{ cluster: router, view, clock, token: "", origin: "", needsLeader: false },
    ...{ deadlineMs: undefined, signal: () => new AbortController().signal },
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  return new WatchStream(context, { heartbeatMs: Number.POSITIVE_INFINITY, ...options });
}

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

test("a stream that is silent says how far it is, under the id of a watch", async () => {
  const stream = new FakeStream((member, request) => {
    if (request.progressRequest) member.send({ watchId: -1n }, 9);
    else confirm(member, request);
  });
  const watches = setUp([stream], { heartbeatMs: 30_000 });
  void watches.request(create({ watchId: 4n }));
  assert.equal((await watches.next())?.created, true);
  const heartbeat = await watches.next();
  assert.equal(heartbeat?.watchId, 4n);
  assert.equal(heartbeat?.header?.revision, 9);
  assert.deepEqual(heartbeat?.events, []);
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
