import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { maxLargeAnswerBytes } from "../../../../src/node/client/clients.ts";
import {
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Query, Response } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import { utf8 } from "../../../support/bytes.ts";
import { Cluster } from "../support/cluster.ts";

const megabyte = 1_000_000;
const range = RangeRequest.create({ key: utf8("k") });
/** An answer of 7 MB. */
const seven = TxnRequest.create({
  success: Array.from({ length: 7 }, () => RequestOp.create({ requestRange: range })),
});

const outcomeOf = (answer: Answer) => (answer.kind === "error" ? answer.message : answer.kind);

/** Asks for seven large values, and puts one small one. */
const writes = TxnRequest.create({
  success: [
    ...seven.success,
    RequestOp.create({
      requestPut: PutRequest.create({ key: utf8("s"), value: utf8("v") }),
    }),
  ],
});
const versionOf = (answer: Answer) => {
  const response = answer.kind === "ok" ? Response.decode(answer.response) : undefined;
  return response?.range?.kvs[0]?.version;
};

async function withLargeKey() {
  const cluster = new Cluster({ members: 1 });
  await cluster.start();
  const put = PutRequest.create({ key: utf8("k"), value: new Uint8Array(megabyte) });
  const put1 = cluster.request({ put });
  const ask = (request: Uint8Array, room = 0) =>
    cluster.ask(1, (member) => member.propose({ request, token: "", timeoutMs: 10_000, room }));
  assert.equal((await cluster.until(ask(put1))).kind, "ok");
  const query = (body: Partial<Query>, room?: number) => {
    const query = Query.encode(Query.create({ format: 1, ...body }));
    const asked = { query, consistency: "serializable", token: "", timeoutMs: 10_000 } as const;
    return cluster.ask(1, (member) =>
      member.query(room === undefined ? asked : { ...asked, room }),
    );
  };
  return { cluster, ask, query };
}

test("an answer for which there is no room is not given, and one for which there is", async () => {
  const { cluster, query } = await withLargeKey();
  const refused = await cluster.until(query({ range }, 900_000));
  assert.equal(refused.kind === "error" && refused.number, errors.moreRoom.number);
  for (const room of [1_100_000, undefined]) {
    const { kind } = await cluster.until(query({ range }, room));
    assert.equal(kind, "ok");
  }
  cluster.close();
});

test("what one tick gives of large answers has a bound, whoever asks", async () => {
  const { cluster, query } = await withLargeKey();
  await cluster.run(200);
  const all = Array.from({ length: 5 }, () => query({ txn: seven }));
  const answers = await cluster.until(Promise.all(all));
  const most = Math.floor(maxLargeAnswerBytes / (7 * megabyte));
  assert.deepEqual(answers.map(outcomeOf).sort(), [
    ...Array(5 - most).fill(errors.tooManyAnswers.text),
    ...Array(most).fill("ok"),
  ]);
  cluster.close();
});

test("what was done is done, also where there is no room to tell it", async () => {
  const { cluster, ask, query } = await withLargeKey();
  await cluster.run(200);
  const all = Array.from({ length: 4 }, () => ask(cluster.request({ txn: writes })));
  const answers = (await cluster.until(Promise.all(all))).map(outcomeOf).sort();
  assert.deepEqual(new Set(answers), new Set(["etcdserver: response is too large", "ok"]));
  const written = await cluster.until(query({ range: RangeRequest.create({ key: utf8("s") }) }));
  assert.equal(written.kind, "ok");
  assert.equal(versionOf(written), 4);
  await cluster.run(200);
  assert.equal((await cluster.until(query({ txn: seven }))).kind, "ok");
  cluster.close();
});

test("who names too little room is told so, and asks again for what was done once", async () => {
  const { cluster, ask, query } = await withLargeKey();
  await cluster.run(200);
  const request = cluster.request({ txn: writes });
  const first = await cluster.until(ask(request, 65_536));
  assert.ok(first.kind === "error");
  assert.deepEqual([first.number, first.settled], [errors.moreRoom.number, true]);
  const again = await cluster.until(ask(request, 8_000_000));
  assert.ok(again.kind === "ok");
  const { txn } = Response.decode(again.response);
  assert.equal(txn?.responses.length, 8);
  assert.equal(txn?.responses[0]?.responseRange?.kvs[0]?.value.length, megabyte);
  const small = await cluster.until(query({ range: RangeRequest.create({ key: utf8("s") }) }));
  assert.equal(versionOf(small), 1);
  cluster.close();
});
