/** Hostile bodies and frames, in workerd: refused or answered in a moment, whatever they are. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, b } from "./support/api.ts";

let closed: Api;
let api: Api;
before(async () => {
  api = await Api.start();
  closed = await Api.start({ DEVELOPMENT: "", TOKEN: "deployment-secret" });
});
after(async () => {
  await api.stop();
  await closed.stop();
});

const mega = 4_000_000;
const numbers = `{"x":[${"1,".repeat(mega / 2)}1]}`;
const zeros = `{"limit":1${"0".repeat(mega)}1}`;

test("a stranger's large body is refused, and looked at by nobody", async () => {
  const c = closed.cluster();
  // A cluster that nobody has used knows nobody, and reads nothing either.
  assert.equal((await c.request("POST", "/v3/auth/authenticate", numbers)).status, 400);
  const authorization = "Bearer deployment-secret";
  await c.request("PUT", "/kv/a", "1", { authorization });
  for (let i = 0; i < 20; i += 1) {
    const answer = await c.request("POST", "/v3/auth/authenticate", numbers);
    assert.equal(answer.status, 429, answer.text);
    assert.match(answer.text, /more than 4096 bytes from a client that is not known yet/);
  }
  const right = await c.request("POST", "/v3/auth/authenticate", '{"name":"a","password":"b"}');
  assert.match(right.text, /authentication is not enabled/);
});

test("large bodies of whoever may come in are answered in a moment", async () => {
  const c = api.cluster();
  const start = performance.now();
  for (let i = 0; i < 5; i += 1) {
    assert.equal(await c.fails("kv/range", numbers), "key is not provided");
    assert.match(await c.fails("kv/range", zeros), /invalid value for int64 field limit/);
  }
  const many = `{"success":[${"{},".repeat(1_000_000)}{}]}`;
  assert.match(await c.fails("kv/txn", many), /too many values in one request/);
  // Seconds here; what grows with the square takes hours.
  assert.ok(performance.now() - start < 60_000);
});

test("a request that comes in very many frames is answered, and so is what follows", async () => {
  const c = api.cluster();
  const create = JSON.stringify({ create_request: { key: b("a") } });
  const socket = new WebSocket(`${c.url.replace(/^http/, "ws")}/v3/watch`);
  const answers: string[] = [];
  let wake: () => void = () => undefined;
  socket.addEventListener("message", ({ data }) => {
    answers.push(String(data));
    wake();
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send("{");
  for (let i = 0; i < 50_000; i += 1) socket.send(" ");
  socket.send(create.slice(1));
  while (answers.length === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  assert.ok(JSON.parse(answers[0] ?? "").result.created, answers[0]);
  socket.close();
});

test("a socket on which more waits than may is told so, and closed", async () => {
  const c = api.cluster();
  const socket = new WebSocket(`${c.url.replace(/^http/, "ws")}/v3/lease/keepalive`);
  const answers: string[] = [];
  socket.addEventListener("message", ({ data }) => answers.push(String(data)));
  const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  const flood = '{"ID":"5"}'.repeat(90_000);
  for (let i = 0; i < 10; i += 1) socket.send(flood);
  await ended;
  assert.match(answers.at(-1) ?? "", /too many requests wait on this WebSocket/);
});
