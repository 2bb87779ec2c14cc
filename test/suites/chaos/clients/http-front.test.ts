import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { TxnInput } from "../../sim/check/kv-model.ts";
import { bodyOf, decodeOutput, encodeReads, encodeRequest } from "../../sim/clients/codec.ts";
import type { Outcome } from "../../sim/clients/front.ts";
import { answeredByHeader } from "../worker/paths.ts";
import { HttpFront } from "./http-front.ts";
import { RealTime } from "./real-time.ts";

const longUs = 10_000_000;
const gets: TxnInput = { compares: [], success: [{ kind: "get", key: "k" }], failure: [] };
const puts: TxnInput = {
  compares: [],
  success: [{ kind: "put", key: "k", value: "v" }],
  failure: [],
};

/** A front of somebody who answers like that, or of nobody. */
async function frontOf(t: TestContext, listener?: RequestListener): Promise<HttpFront> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  if (listener === undefined) await close();
  else t.after(close);
  return new HttpFront(new RealTime("front"), "c1", [`http://127.0.0.1:${port}`]);
}

function write(front: HttpFront, timeoutUs = longUs): Promise<Outcome> {
  const id = { id: new Uint8Array(16), seenIndex: 0 };
  const request = encodeRequest(
    id,
    bodyOf(puts, () => 0),
  );
  return new Promise((done) => front.propose(request, timeoutUs, done));
}

function read(front: HttpFront): Promise<Outcome> {
  return new Promise((done) => {
    front.query({ query: encodeReads(gets), consistency: "linearizable" }, longUs, done);
  });
}

test("an answer is told as a member tells it, with the instance that gave it", async (t) => {
  const front = await frontOf(t, (_, response) => {
    response.setHeader(answeredByHeader, "m1.aa m2.bb");
    const kv = { key: "aw==", mod_revision: "7", value: "dg==" };
    response.end(
      JSON.stringify({ header: { member_id: "2", revision: "9" }, kvs: [kv], count: "1" }),
    );
  });
  const outcome = await read(front);
  assert.ok(outcome.kind === "ok");
  assert.equal(outcome.by, "m2.bb");
  assert.equal(front.revision, 9);
  const { revision, found } = decodeOutput(gets, outcome.response);
  assert.deepEqual([revision, found], [9, [{ value: "v", modRevision: 7 }]]);
});

test("where two instances of one member were asked, nothing is expected of either", async (t) => {
  const front = await frontOf(t, (_, response) => {
    response.setHeader(answeredByHeader, "m2.aa m2.bb");
    response.end(JSON.stringify({ header: { member_id: "2", revision: "9" } }));
  });
  const outcome = await write(front);
  assert.ok(outcome.kind === "ok");
  assert.match(outcome.by, /^unclear/);
});

test("a refusal of the client's fault is definite", async (t) => {
  const front = await frontOf(t, (_, response) => response.writeHead(400).end("{}"));
  assert.equal((await write(front)).kind, "failed");
});

test("after a server's error a write may have happened, and a read has not", async (t) => {
  const front = await frontOf(t, (_, response) => response.writeHead(503).end("{}"));
  assert.equal((await write(front)).kind, "unknown");
  assert.equal((await read(front)).kind, "failed");
});

test("so it is when the connection breaks, before an answer or within it", async (t) => {
  let asked = 0;
  const front = await frontOf(t, (request, response) => {
    asked += 1;
    if (asked % 2 === 1) request.socket.destroy();
    else response.write('{"header":', () => request.socket.destroy());
  });
  assert.equal((await write(front)).kind, "unknown");
  assert.equal((await write(front)).kind, "unknown");
  assert.equal(asked, 2, "a write was sent again");
});

test("what reached nobody has not happened", async (t) => {
  const front = await frontOf(t);
  assert.equal((await write(front, 250_000)).kind, "failed");
});
