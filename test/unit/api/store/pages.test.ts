import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../../src/api/base/error.ts";
import type { MemberReply, QueryBody, Terms } from "../../../../src/api/cluster/client.ts";
import { kvMethods } from "../../../../src/api/gateway/v3/kv.ts";
import { Context } from "../../../../src/api/http/context.ts";
import {
  beginRange,
  gatheredBytes,
  type PageWriter,
  pagesOf,
} from "../../../../src/api/store/pages.ts";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import {
  KeyValue,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
} from "../../../../src/proto/generated/etcd.ts";
import { Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer, Consistency } from "../../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock, routerOf } from "../support/members.ts";

const everything = '{"key":"AA=="}';

type Asked = QueryBody & { readonly consistency: Consistency; readonly call: Terms };

/** A cluster whose pages have so many keys each, and which may refuse what it is asked. */
function setUp(
  sizes: readonly number[],
  refuses: (asked: Asked, nth: number) => ErrorKind | undefined = () => undefined,
  value = new Uint8Array(1),
) {
  const asked: Asked[] = [];
  const { router, view } = routerOf([]);
  const query = async (
    body: QueryBody,
    consistency: Consistency,
    call: Terms,
  ): Promise<MemberReply> => {
    const one = { ...body, consistency, call };
    asked.push(one);
    const refused = refuses(one, asked.length);
    if (refused !== undefined) throw ApiError.of(refused);
    const page = body.pageKey?.[0] ?? 0;
    const { limit = 0 } = body.range ?? {};
    const count = Math.min(sizes[page] ?? 0, limit === 0 ? 1_000 : limit);
    const kvs = Array.from({ length: count }, (_, i) =>
      KeyValue.create({ key: Uint8Array.of(page, i), value }),
    );
    const isLast = page === sizes.length - 1 || (limit > 0 && count < (sizes[page] ?? 0));
    const more = limit > 0 && count < (sizes[page] ?? 0);
    const revision = { revision: 9 };
    const range = RangeResponse.create({ header: ResponseHeader.create(revision), kvs, more });
    const nextKey = isLast ? new Uint8Array() : Uint8Array.of(page + 1);
    return { header: header(3), response: Response.create({ range, nextKey }) };
  };
  const released: Promise<unknown>[] = [];
  let ids = 0;
  const context = new Context({
    ...{ cluster: Object.assign(router, { query }), view, clock: new JumpingClock() },
    ...{ token: "mine", origin: "", needsLeader: false, deadlineMs: undefined },
    signal: () => new AbortController().signal,
    random: (length) => new Uint8Array(length).fill(++ids),
    waitUntil: (work) => released.push(work),
  });
  return { context, asked, released };
}

async function read(context: Context, request: Partial<RangeRequest>) {
  const found: number[] = [];
  let more = false;
  for await (const { answer } of pagesOf(context, RangeRequest.create(request))) {
    found.push(answer.kvs.length);
    ({ more } = answer);
  }
  return { found, more };
}

test("the member of the first page holds the others, and asks for no token", async () => {
  const { context, asked, released } = setUp([1, 1, 1]);
  assert.deepEqual((await read(context, {})).found, [1, 1, 1]);
  assert.deepEqual(
    asked.map(({ range, consistency, call }) => [
      ...[range?.revision, consistency, call.token, call.holder],
    ]),
    [
      [0, "linearizable", "mine", undefined],
      [9, "serializable", "", 3],
      [9, "serializable", "", 3],
    ],
  );
  for (const { hold } of asked) assert.deepEqual(hold, new Uint8Array(16).fill(1));
  assert.equal(released.length, 0);
});

test("a member that lags, or knows of no hold, is asked once more with the token", async () => {
  for (const kind of [errors.futureRevision, errors.userEmpty]) {
    const { context, asked } = setUp([1, 1], ({ call }) => (call.token === "" ? kind : undefined));
    assert.deepEqual((await read(context, {})).found, [1, 1]);
    const [, first, second] = asked;
    assert.deepEqual([first?.consistency, first?.call.token], ["serializable", ""]);
    assert.deepEqual([second?.consistency, second?.call.token], ["linearizable", "mine"]);
    assert.equal(second?.call.holder, 3);
  }
});

test("whoever stops reading lets go of what is held", async () => {
  const { context, asked, released } = setUp([1, 1, 1]);
  for await (const _ of pagesOf(context, RangeRequest.create())) break;
  assert.equal(released.length, 1);
  await Promise.all(released);
  assert.ok(asked.at(-1)?.holdRelease);
  assert.equal(asked.at(-1)?.call.holder, 3);
});

test("a limit that ends with a page says whether there is more, and shows no more", async () => {
  for (const [sizes, more] of [
    [[2, 0, 5], true],
    [[2, 0, 0], false],
  ] as const) {
    const { context, asked } = setUp(sizes);
    const { found, more: said } = await read(context, { limit: 2 });
    assert.equal(
      found.reduce((sum, n) => sum + n, 0),
      2,
    );
    assert.equal(said, more);
    for (const { range } of asked.slice(1)) {
      assert.deepEqual([range?.limit, range?.keysOnly], [1, true]);
    }
  }
});

/** Refuses what is compacted from the second page of one attempt on. */
const compactedIn =
  (attempts: number) =>
  ({ hold, pageKey }: Asked): ErrorKind | undefined =>
    pageKey !== undefined && (hold?.[0] ?? 0) <= attempts ? errors.compacted : undefined;

/** A letter for each page, as often as its values have bytes. */
const sketch: PageWriter = ({ answer, isLast }) => {
  const bytes = answer.kvs.reduce((sum, { value }) => sum + value.length, 0);
  return (isLast ? "L" : "p").repeat(Math.max(1, bytes));
};
const begun = (context: Context, request: Partial<RangeRequest> = {}) =>
  beginRange(context, RangeRequest.create(request), () => sketch);

test("an answer that breaks off before its first byte is begun anew", async () => {
  const { context } = setUp([1, 1], compactedIn(2));
  assert.deepEqual(await begun(context), new TextEncoder().encode("pL"));
});

test("what breaks off again and again fails; a named revision is compacted", async () => {
  const failing = setUp([1, 1], compactedIn(100));
  await assert.rejects(begun(failing.context), {
    message: errors.answerBrokeOff.text,
  });
  const named = setUp([1, 1], compactedIn(100));
  await assert.rejects(begun(named.context, { revision: 4 }), {
    message: errors.compacted.text,
  });
  assert.equal(named.asked.filter(({ holdRelease }) => !holdRelease).length, 2);
});

test("so much is there before the first byte, and no more", async () => {
  const value = new Uint8Array(gatheredBytes / 4);
  const { context, asked } = setUp([1, 1, 1, 1, 1, 1], undefined, value);
  const parts = await begun(context);
  assert.ok(!(parts instanceof Uint8Array));
  assert.equal(asked.length, 4);
});

test("pages without keys leave no mark in the text, wherever they are", async () => {
  for (const sizes of [
    [0, 2, 0, 1],
    [0, 0],
    [1, 0],
    [0, 1],
  ]) {
    const { context } = setUp(sizes);
    const method = kvMethods["kv/range"];
    assert.ok(method?.kind === "unary");
    const text = await method.answer(context, everything);
    assert.ok(text instanceof Uint8Array);
    const { kvs = [], header: at } = JSON.parse(Buffer.from(text).toString()) as {
      header: { revision: string };
      kvs?: readonly { key: string }[];
    };
    assert.equal(at.revision, "9");
    const keys = sizes.flatMap((size, page) => Array.from({ length: size }, (_, i) => [page, i]));
    assert.deepEqual(
      kvs.map(({ key }) => [...Buffer.from(key, "base64")]),
      keys,
    );
  }
});

test("a body that is under way breaks off where its revision is lost", async () => {
  const value = new Uint8Array(gatheredBytes);
  const { context } = setUp([1, 1, 1], compactedIn(100), value);
  const method = kvMethods["kv/range"];
  assert.ok(method?.kind === "unary");
  const parts = await method.answer(context, everything);
  assert.ok(typeof parts !== "string" && !(parts instanceof Uint8Array));
  let text = "";
  const reading = async () => {
    for await (const part of parts) text += Buffer.from(part).toString();
  };
  await assert.rejects(reading(), { message: errors.answerBrokeOff.text });
  assert.throws(() => JSON.parse(text), SyntaxError);
});

const compactedAnswer = (from: number): Answer => ({
  ...{ kind: "error", header: header(from), settled: false },
  ...{ code: errors.compacted.code, message: errors.compacted.text },
});

test("only its holder is believed that a revision is lost, however long it is away", async () => {
  const members = [1, 2, 3].map((id) => new FakeMember(id));
  const { router, clock } = routerOf(members);
  const [one, two, three] = members;
  assert.ok(one && two && three);
  for (const other of [one, two]) other.answers = [compactedAnswer(other.id)];
  const found = Response.encode(Response.create({ range: RangeResponse.create() }));
  three.answers = [new Error("starting"), { kind: "ok", header: header(3), response: found }];
  const call = { token: "", deadlineMs: clock.now() + 5_000, holder: 3 };
  const reply = await router.query({ range: RangeRequest.create() }, "serializable", call);
  assert.equal(reply.header.memberId, 3);
  three.answers = [compactedAnswer(3)];
  await assert.rejects(
    router.query({ range: RangeRequest.create() }, "serializable", { ...call, deadlineMs: 60_000 }),
    { message: errors.compacted.text },
  );
});
