import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers, Holding, maxHeldBytes } from "../../../../src/api/base/answers.ts";
import { ApiError } from "../../../../src/api/base/error.ts";
import { queryWithRoom } from "../../../../src/api/cluster/room.ts";
import { bodyOf, streamOf, unreadMs } from "../../../../src/api/http/stream.ts";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import { RangeRequest, RequestOp, TxnRequest } from "../../../../src/proto/generated/etcd.ts";
import { Response as KvResponse } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock, putAnswer, routerOf } from "../support/members.ts";

const half = maxHeldBytes / 2;
const noRoom = /too many bytes of answers wait for their clients/;

test("one client has half of the room at most, and another one finds some", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const one = new Holding(answers, "one", clock);
  await one.reserve(half);
  await assert.rejects(one.reserve(1), noRoom);
  assert.equal(clock.now(), 2_000);
  assert.equal(answers.waiting, 0);
  await new Holding(answers, "other", clock).reserve(half / 2);
  assert.equal(answers.bytes, half + half / 2);
});

test("who waits gets the room that another one gives back", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const first = new Holding(answers, "one", clock);
  const second = new Holding(answers, "one", clock);
  await first.reserve(half);
  const waiting = second.reserve(half);
  first.recordAnswer(half, 1_000);
  first.release();
  await waiting;
  assert.equal(answers.bytes, half);
  second.recordAnswer(half, 0);
  second.release();
  assert.equal(answers.bytes, 0);
});

test("what a request holds that nobody heard of for long is given to others", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const dead = new Holding(answers, "one", clock);
  await dead.reserve(half);
  await new Promise<void>((resolve) => void clock.after(120_001, resolve));
  const alive = new Holding(answers, "one", clock);
  await alive.reserve(half);
  assert.equal(answers.bytes, half);
  dead.recordAnswer(half, 10);
  dead.release();
  assert.equal(answers.bytes, half);
});

test("what is kept takes the place of the newest answer, until it is sent", async () => {
  const answers = new Answers();
  const holding = new Holding(answers, "", new JumpingClock());
  await holding.reserve(300);
  holding.recordAnswer(300, 200);
  await holding.keep(150);
  assert.equal(answers.bytes, 150);
  await holding.reserve(300);
  holding.recordAnswer(300, 200);
  assert.equal(answers.bytes, 350);
  holding.releaseSent(150);
  holding.releaseSent(150);
  assert.equal(answers.bytes, 200);
  holding.release();
  assert.equal(answers.bytes, 0);
});

test("a request that was ended while it waited takes nothing, and holds up nobody", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const first = new Holding(answers, "one", clock);
  await first.reserve(half);
  const fires = false;
  const stopped = { now: () => clock.now(), after: () => () => assert.ok(fires) };
  void new Holding(answers, "one", stopped).reserve(half);
  const second = new Holding(answers, "one", clock);
  const waiting = second.reserve(half);
  first.recordAnswer(half, 0);
  first.release();
  await waiting;
  assert.ok(clock.now() < 2_000);
  assert.equal(answers.bytes, half);
});

test("who came first goes first, unless there is no room for so much", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const first = new Holding(answers, "one", clock);
  await first.reserve(half);
  const order: string[] = [];
  const waiting = (["large", "small", "last"] as const).map(async (name) => {
    const bytes = name === "large" ? half : half / 2;
    await new Holding(answers, "one", clock).reserve(bytes);
    order.push(name);
  });
  // Of one half of the half: the large one has to wait on, and the last one for both.
  first.recordAnswer(half, half / 2);
  await Promise.allSettled(waiting);
  assert.deepEqual(order, ["small"]);
});

test("a proposal whose answer is large is repeated for its answer, with room for it", async () => {
  const [one] = [new FakeMember(1)];
  const { router } = routerOf([one]);
  const answers = new Answers();
  const call = () => {
    const holding = new Holding(answers, "", new JumpingClock());
    return { token: "", deadlineMs: 10_000, answers: holding };
  };
  const { code, text: message, number } = errors.moreRoom;
  const larger: Answer = { kind: "error", header: header(1), code, message, number, settled: true };
  const txn = TxnRequest.create({
    success: [RequestOp.create({ requestRange: RangeRequest.create({ key: Uint8Array.of(1) }) })],
  });
  one.answers = [larger, putAnswer(header(1))];
  await router.propose({ txn }, call());
  assert.deepEqual(one.rooms, [65_536, 65_536 + 65_536 + 1_572_864]);
  assert.deepEqual(one.proposals[0], one.proposals[1]);
  // It is done: whatever is in the way of its answer is no refusal.
  one.answers = [larger, new Error("lost")];
  await assert.rejects(router.propose({ txn }, call()), { outcomeUnknown: true });
  one.answers = [larger];
  await assert.rejects(router.propose({ txn }, call()), { kind: errors.responseTooLarge });
  const busy = { ...larger, ...fieldsOf(errors.tooManyAnswers) };
  one.answers = [busy];
  await assert.rejects(router.propose({ txn }, call()), { kind: errors.responseTooLarge });
});

const fieldsOf = ({ code, text, number }: ErrorKind) => ({ code, message: text, number });

test("an answer that is larger than usual is asked for again, with room for it", async () => {
  const answers = new Answers();
  const holding = new Holding(answers, "", new JumpingClock());
  const rooms: number[] = [];
  const reply = { header: header(1), response: KvResponse.create() };
  const range = RangeRequest.create({ key: Uint8Array.of(1) });
  const ask = async (room: number) => {
    rooms.push(room);
    assert.equal(answers.bytes, room);
    if (room < 1_500_000) throw ApiError.of(errors.moreRoom);
    return { reply, bytes: 1_400_000 };
  };
  await queryWithRoom(holding, { range }, ask);
  assert.equal(rooms[0], 65_536);
  assert.equal(rooms.length, 2);
  assert.equal(answers.bytes, 1_400_000);
  // The next page is asked for with as much at once; the answer before it is used up.
  await queryWithRoom(holding, { range }, async (room) => ({ reply, bytes: room > 1e6 ? 9 : 1 }));
  assert.equal(answers.bytes, 9);
});

test("a member that gives too much at once is asked again for five seconds", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const range = RangeRequest.create({ key: Uint8Array.of(1) });
  const reply = { reply: { header: header(1), response: KvResponse.create() }, bytes: 9 };
  const busy = ApiError.of(errors.tooManyAnswers);
  let asked = 0;
  const once = async () => {
    asked += 1;
    if (asked < 5) throw busy;
    return reply;
  };
  await queryWithRoom(new Holding(answers, "", clock), { range }, once);
  assert.equal(clock.now(), 400);
  const never = () => Promise.reject(busy);
  const other = new Holding(answers, "", clock);
  await assert.rejects(queryWithRoom(other, { range }, never), noRoom);
  assert.equal(clock.now(), 5_400);
  assert.equal(answers.bytes, 9);
});

test("a busy member is asked again while there is room to keep the request", async () => {
  const answers = new Answers();
  const clock = new JumpingClock();
  const busy = ApiError.of(errors.tooManyRequests);
  const large = RangeRequest.create({ key: new Uint8Array(1_000_000) });
  const asked = [0, 0, 0, 0, 0, 0];
  const all = asked.map(async (_, i) => {
    const holding = new Holding(answers, "one", clock);
    await queryWithRoom(holding, { range: large }, () => {
      asked[i] = (asked[i] ?? 0) + 1;
      return Promise.reject(busy);
    });
  });
  const outcomes = await Promise.allSettled(all);
  assert.ok(outcomes.every(({ status }) => status === "rejected"));
  // Half of the room is four times as much as three or four of them.
  assert.ok(asked.filter((tries) => tries > 40).length >= 3);
  assert.ok(asked.filter((tries) => tries === 1).length >= 2);
  assert.equal(answers.bytes, 0);
});

/** A text that is sent in pieces, and what is held of it. */
function sent(length: number) {
  const answers = new Answers();
  const clock = new JumpingClock();
  const holding = new Holding(answers, "", clock);
  return {
    answers,
    clock,
    holding,
    context: { answers: holding, clock },
    text: "a".repeat(length),
  };
}

test("a large text is held until it was read, and made piece by piece", async () => {
  const { answers, holding, context } = sent(0);
  // A character of two halves stands where the first piece would end.
  const text = `${"a".repeat(65_535)}\u{1f600}${"b".repeat(100_000)}`;
  await holding.reserve(1_000_000);
  holding.recordAnswer(1_000_000, 900_000);
  const body = bodyOf(context, text);
  assert.ok(body instanceof ReadableStream);
  holding.responded();
  assert.equal(answers.bytes, 900_000);
  const reader = body.getReader();
  const first = await reader.read();
  assert.equal(first.value?.length, 65_536);
  assert.equal(answers.bytes, 900_000 + 65_536);
  const decoder = new TextDecoder();
  let whole = decoder.decode(first.value, { stream: true });
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    whole += decoder.decode(part.value, { stream: true });
  }
  assert.equal(whole, text);
  assert.equal(answers.bytes, 0);
});

test("an answer that nobody reads is given up, and one whose client has gone", async () => {
  for (const goes of [true, false]) {
    const { answers, clock, holding, context, text } = sent(500_000);
    await holding.reserve(500_000);
    holding.recordAnswer(500_000, 500_000);
    const body = bodyOf(context, text);
    assert.ok(body instanceof ReadableStream);
    const reader = body.getReader();
    await reader.read();
    const sinceMs = clock.now();
    if (goes) await reader.cancel();
    else await new Promise<void>((resolve) => void clock.after(unreadMs + 1, resolve));
    assert.equal(answers.bytes, 0);
    if (!goes) assert.ok(clock.now() - sinceMs >= unreadMs);
    if (!goes) await assert.rejects(reader.read(), /nobody reads/);
  }
});

test("a stream makes nothing before it is read; a part without room ends it", async () => {
  const { answers, holding, context } = sent(0);
  let made = 0;
  let left = false;
  async function* parts() {
    for (;;) {
      made += 1;
      yield new Uint8Array(1_000 * made);
    }
  }
  const body = streamOf(context, parts(), { left: () => (left = true) });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made, 0);
  const reader = body.getReader();
  await reader.read();
  assert.equal(made, 1);
  await holding.reserve(maxHeldBytes - answers.bytes);
  const others = answers.bytes;
  await assert.rejects(reader.read(), noRoom);
  assert.equal(left, true);
  assert.equal(answers.bytes, others - 1_000);
});
