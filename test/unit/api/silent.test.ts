/** Who is not known yet and says nothing, or never ends what it says, does not stay. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { maxOpen, maxOpenStrangers } from "../../../src/api/base/open-requests.ts";
import { Front } from "../../../src/api/front.ts";
import { maxClosingMs } from "../../../src/api/gateway/websocket.ts";
import { maxStrangerMs } from "../../../src/api/http/context.ts";
import type { Socket } from "../../../src/api/http/outbox.ts";
import { errors } from "../../../src/etcd/errors.ts";
import { AuthStatusResponse, ResponseHeader } from "../../../src/proto/generated/etcd.ts";
import { Response as KvResponse } from "../../../src/proto/generated/kv.ts";
import type { Answer, MemberStatus } from "../../../src/rpc/messages.ts";
import { clock } from "./support/clock.ts";
import { FakeMember, header } from "./support/members.ts";

class Member extends FakeMember {
  override async status(): Promise<MemberStatus> {
    return { ...(await super.status()), authEnabled: true };
  }
}

const somebody: Answer = {
  ...{ kind: "ok", header: header(1) },
  response: KvResponse.encode(
    KvResponse.create({
      authStatus: AuthStatusResponse.create({ header: ResponseHeader.create(), enabled: true }),
    }),
  ),
};
const nobody: Answer = {
  ...{ kind: "error", header: header(1), code: errors.invalidAuthToken.code },
  message: errors.invalidAuthToken.text,
};

/** The server's side of a socket, and what it has said. */
class FakeSocket implements Socket {
  readonly sent: string[] = [];
  closed: number | undefined;
  readonly #listeners = new Map<string, ((event: { data: unknown }) => void)[]>();

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.closed = code;
  }

  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  hears(type: "message" | "close", data = ""): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data });
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
};

function setUp(...answers: Answer[]) {
  const member = new Member(1);
  member.answers = answers;
  const time = clock();
  let socket = new FakeSocket();
  const front = new Front(
    {
      ...{ development: false, token: "secret", tokens: [], hostSuffix: "" },
      ...{ clusters: undefined, initialMembers: [1] },
    },
    {
      ...{ member: () => member, clock: time, random: (length) => new Uint8Array(length).fill(1) },
      upgrade: () => {
        socket = new FakeSocket();
        return { socket, response: new Response(null, { status: 200 }) };
      },
    },
  );
  const aborted: string[] = [];
  const ask = (path: string, init: RequestInit) => {
    const request = new Request(`http://any.test${path}`, init);
    const abort = (reason: string) => void aborted.push(reason);
    return front.handle(request, () => undefined, abort);
  };
  const open = async (path: string, headers: Record<string, string> = {}) => {
    const response = await ask(path, { headers: { upgrade: "websocket", ...headers } });
    await settle();
    return { status: response.status, socket };
  };
  /** A body whose end does not come, and how often it was asked for more. */
  const trickle = (method: string, path: string, headers: Record<string, string> = {}) => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"name":')),
    });
    return ask(path, { method, body, headers, duplex: "half" } as RequestInit);
  };
  /** As time goes: what is waited for meanwhile comes. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      time.pass(1_000);
      await settle();
    }
  };
  return { open, trickle, time, pass, member, aborted };
}

const login = "/v3/auth/authenticate";
const bearer = { authorization: "Bearer secret" };
const user = { authorization: "mine.7" };
const late = /no whole request within 10000 ms from a client that is not known yet/;

for (const [what, frames] of [
  ["says nothing", []],
  ["never ends what it says", ['{"name":', '"root"']],
] as const) {
  test(`a stranger's socket that ${what} is closed after a while`, async () => {
    const { open, time } = setUp(nobody);
    const { status, socket } = await open(login);
    assert.equal(status, 200);
    for (const frame of frames) {
      time.pass(maxStrangerMs / 2 - 1_000);
      socket.hears("message", frame);
      await settle();
    }
    if (frames.length === 0) time.pass(maxStrangerMs - 1_000);
    await settle();
    assert.equal(socket.closed, undefined);
    time.pass(frames.length === 0 ? 1_000 : 2_000);
    await settle();
    assert.match(socket.sent.join(), late);
    assert.equal(socket.closed, 1000);
  });
}

test("a socket of somebody with the deployment's token may be silent", async () => {
  const { open, time } = setUp(nobody);
  for (const path of [login, "/v3/watch", "/v3/kv/put"]) {
    const { socket } = await open(path, bearer);
    time.pass(10 * maxStrangerMs);
    await settle();
    assert.equal(socket.closed, undefined, path);
    assert.deepEqual(socket.sent, []);
  }
});

test("a stream's socket stays open for who is known, whatever it says", async () => {
  for (const headers of [user, {}]) {
    for (const said of ["", "{}", '{"progress_request":{}}']) {
      const stranger = setUp(nobody);
      // Without a token nobody is let in to a cluster that nobody is known to use.
      await stranger.open("/v3/watch", user);
      const { socket } = await stranger.open("/v3/watch", headers);
      socket.hears("message", said);
      await stranger.pass(maxStrangerMs - 1_000);
      assert.equal(socket.closed, undefined);
      await stranger.pass(1_000);
      assert.match(socket.sent.join(), /invalid auth token/);
      assert.equal(socket.closed, 1000);
    }
  }
  const known = setUp(somebody);
  const { socket } = await known.open("/v3/watch", user);
  known.time.pass(10 * maxStrangerMs);
  await settle();
  assert.deepEqual(socket.sent, []);
  assert.equal(socket.closed, undefined);
});

test("one with a token of somebody's is known when its time is over", async () => {
  for (const [answer, stays] of [
    [somebody, true],
    [nobody, false],
  ] as const) {
    const { open, time } = setUp(answer);
    const { socket } = await open("/v3/kv/put", user);
    time.pass(maxStrangerMs);
    await settle();
    assert.equal(socket.closed, stays ? undefined : 1000);
    if (!stays) assert.match(socket.sent.join(), /invalid auth token/);
  }
});

test("sockets of strangers take nobody's place but a stranger's, and give it back", async () => {
  const { open, time } = setUp(nobody);
  for (let i = 0; i < maxOpenStrangers; i += 1) assert.equal((await open(login)).status, 200);
  assert.equal((await open(login)).status, 429);
  assert.equal((await open("/v3/watch", bearer)).status, 200);
  time.pass(maxStrangerMs);
  await settle();
  time.pass(maxClosingMs);
  await settle();
  const { status, socket } = await open(login);
  assert.equal(status, 200);
  socket.hears("close");
  assert.equal(socket.closed, undefined);
});

test("a stranger who does not close its socket is cut off, and gives back its place", async () => {
  const { open, time, aborted } = setUp(nobody);
  const sockets: FakeSocket[] = [];
  for (let i = 0; i < maxOpenStrangers; i += 1) sockets.push((await open(login)).socket);
  time.pass(maxStrangerMs);
  await settle();
  for (const socket of sockets.slice(2)) socket.hears("close");
  await settle();
  assert.ok(sockets.every(({ closed }) => closed === 1000));
  assert.deepEqual(aborted, []);
  for (let i = 2; i < maxOpenStrangers; i += 1) await open(login);
  assert.equal((await open(login)).status, 429, "two are not gone");
  time.pass(maxClosingMs);
  await settle();
  assert.equal(aborted.length, 2);
  assert.equal((await open(login)).status, 200);
});

test("a known client's socket leaves its place among the strangers", async () => {
  const { open } = setUp(somebody);
  for (let i = 0; i <= maxOpenStrangers; i += 1) {
    assert.equal((await open("/v3/watch", user)).status, 200, `socket ${i}`);
  }
  assert.ok(maxOpen > maxOpenStrangers);
});

for (const [method, path] of [
  ["POST", login],
  ["POST", "/v3/kv/put"],
  ["POST", "/v3/watch"],
  ["PUT", "/kv/a"],
] as const) {
  for (const declared of [{}, { "content-length": "100" }]) {
    const how = Object.keys(declared).join() || "no content-length";
    test(`${method} ${path}, ${how}: a stranger's body has to end in time`, async () => {
      const { trickle, time, member } = setUp(nobody);
      const headers = path === login ? declared : { ...declared, ...user };
      const answer = trickle(method, path, headers);
      let done = false;
      void answer.then(() => {
        done = true;
      });
      await settle();
      time.pass(maxStrangerMs - 1_000);
      await settle();
      assert.equal(done, false);
      time.pass(1_000);
      const response = await answer;
      assert.equal(response.status, path === login ? 429 : 401);
      assert.match(await response.text(), path === login ? late : /invalid auth token/);
      assert.equal(member.proposals.length, 0);
    });
  }
}

test("a body of who is known may take its time", async () => {
  const { trickle, time } = setUp(somebody);
  for (const headers of [bearer, user]) {
    let done = false;
    void trickle("PUT", "/kv/a", headers).then(() => {
      done = true;
    });
    await settle();
    for (let i = 0; i < 10; i += 1) {
      time.pass(maxStrangerMs);
      await settle();
    }
    assert.equal(done, false);
  }
});

test("bodies of strangers have places, too, and keep out nobody with a token", async () => {
  const { trickle, time, open } = setUp(somebody);
  // Once the cluster is known, strangers' requests are not bounded before their bodies are read.
  (await open(login)).socket.hears("close");
  await settle();
  for (let i = 0; i < maxOpenStrangers; i += 1) void trickle("POST", login);
  await settle();
  assert.equal((await trickle("POST", login)).status, 429);
  assert.equal((await open(login)).status, 429);
  let refused = false;
  void trickle("PUT", "/kv/a", user).then(() => {
    refused = true;
  });
  await settle();
  assert.equal(refused, false, "it was known at once");
  time.pass(maxStrangerMs + 1_000);
  await settle();
  assert.equal((await open(login)).status, 200);
});
