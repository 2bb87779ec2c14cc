/** What a client may send before it is known who it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../src/api/base/clock.ts";
import { maxIntroductions } from "../../../src/api/base/introductions.ts";
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
  return frontOf(new Member(1), answers);
}

function frontOf<M extends FakeMember>(
  member: M,
  answers: Answer[] = [],
  clock: Clock = new JumpingClock(),
) {
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
      ...{ member: () => member, clock },
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
  return { ask, member, front };
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

/** One that nobody has used. */
class Unborn extends FakeMember {
  asked = 0;

  override async status(): Promise<MemberStatus> {
    this.asked += 1;
    const unborn = header(1, { clusterId: 0n });
    return { ...(await super.status()), header: unborn, instanceId: "" };
  }
}

test("made-up names of clusters wake so many members, and each client has its share", async () => {
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    after(_, callback) {
      const timer = setTimeout(callback, 1);
      return () => clearTimeout(timer);
    },
  };
  const { front, member } = frontOf(new Unborn(1), [], clock);
  let names = 0;
  const knock = async (address: string, path: string) => {
    names += 1;
    const headers = { "x-cluster": `evil-${names}`, "cf-connecting-ip": address };
    const request = new Request(`http://any.test${path}`, { headers });
    return (await front.handle(request, () => undefined)).status;
  };
  const paths = ["/livez", "/readyz", "/health", "/health?serializable=true"];
  const statuses: number[] = [];
  for (let i = 0; i < 200; i += 1) statuses.push(await knock("1.1.1.1", paths[i % 4] ?? "/livez"));
  assert.equal(statuses.filter((status) => status === 429).length, 200 - maxIntroductions / 2);
  assert.equal(member.asked, maxIntroductions / 2);
  assert.equal(await knock("2.2.2.2", "/livez"), 503);
  assert.equal(member.asked, maxIntroductions / 2 + 1);
  nowMs += 10_000;
  assert.equal(await knock("1.1.1.1", "/livez"), 503);
  // One cluster is counted once, however many ask for it.
  for (let i = 0; i < 200; i += 1) {
    const headers = { "x-cluster": "one", "cf-connecting-ip": "2.2.2.2" };
    const request = new Request("http://any.test/livez", { headers });
    assert.equal((await front.handle(request, () => undefined)).status, 503);
  }
  member.asked -= 200;
  // Who brings what may be a token of etcd's is counted as well.
  const headers = { authorization: "abcdefgh.7", "cf-connecting-ip": "3.3.3.3" };
  const answers = [];
  for (let i = 0; i < 100; i += 1) {
    const named = { ...headers, "x-cluster": `wicked-${i}` };
    const request = new Request("http://any.test/kv/a", { headers: named });
    answers.push((await front.handle(request, () => undefined)).status);
  }
  assert.ok(answers.includes(429));
  assert.ok(member.asked <= maxIntroductions + 2);
});
