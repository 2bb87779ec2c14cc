/** What a client may send before it is known who it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Front } from "../../../src/api/front.ts";
import { maxStrangerBytes } from "../../../src/api/http/context.ts";
import { errors } from "../../../src/etcd/errors.ts";
import type { Answer, MemberStatus } from "../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock, putAnswer } from "./support/members.ts";

/** One that says whether etcd's auth is on. */
class Member extends FakeMember {
  override async status(): Promise<MemberStatus> {
    return { ...(await super.status()), authEnabled: true };
  }
}

const unknownToken: Answer = {
  ...{ kind: "error", header: header(1), code: errors.invalidAuthToken.code },
  message: errors.invalidAuthToken.text,
};

function setUp(...answers: Answer[]) {
  const member = new Member(1);
  member.answers = answers;
  const front = new Front(
    {
      development: false,
      token: "secret",
      hostSuffix: "",
      tokens: [],
      clusters: undefined,
      initialMembers: [1],
    },
    {
      ...{ member: () => member, clock: new JumpingClock() },
      random: (length) => new Uint8Array(length).fill(1),
      upgrade: () => {
        throw new Error("no sockets here");
      },
    },
  );
  const ask = async (path: string, body: BodyInit, headers: Record<string, string> = {}) => {
    const method = path.startsWith("/kv/") ? "PUT" : "POST";
    const init = { method, body, headers, duplex: "half" };
    const request = new Request(`http://any.test${path}`, init as RequestInit);
    const response = await front.handle(request, () => undefined);
    return { status: response.status, text: await response.text() };
  };
  return { ask, member };
}

const bodyOf = (bytes: number) => `{"name":"x","password":"${"p".repeat(bytes - 26)}"}`;

/** The same without a length, in parts. */
function streamed(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + 1_000));
      at += 1_000;
    },
  });
}

for (const [how, made] of [
  ["a length", (text: string) => text],
  ["no length", streamed],
] as const) {
  test(`who logs in may send little, with ${how}`, async () => {
    const { ask, member } = setUp(unknownToken);
    const most = bodyOf(maxStrangerBytes);
    assert.equal(most.length, maxStrangerBytes);
    await ask("/v3/auth/authenticate", made(most));
    assert.equal(member.queries.length, 1, "it was asked for");
    const { status, text } = await ask("/v3/auth/authenticate", made(bodyOf(5_000)));
    assert.equal(status, 429);
    assert.match(text, /more than 4096 bytes from a client that is not known yet/);
    assert.equal(member.queries.length, 1, "and not this time");
    await ask("/v3/auth/authenticate", made(bodyOf(5_000)), { authorization: "Bearer secret" });
    assert.equal(member.queries.length, 2, "the deployment's token may");
  });
}

for (const path of ["/v3/kv/put", "/kv/a"]) {
  test(`${path}: much comes in only behind a token that is somebody's`, async () => {
    const value = Buffer.from("v".repeat(30_000)).toString("base64");
    const body = path === "/kv/a" ? value : `{"key":"YQ==","value":"${value}"}`;
    const wrong = setUp(unknownToken);
    const { status, text } = await wrong.ask(path, body, { authorization: "mine.7" });
    assert.equal(status, 401, text);
    assert.equal(wrong.member.proposals.length, 0);
    const right = setUp(putAnswer(header(1)));
    await right.ask(path, body, { authorization: "mine.7" });
    assert.ok(right.member.queries[0]?.authStatus, "the token was looked at");
    assert.equal(right.member.proposals.length, 1);
  });
}
