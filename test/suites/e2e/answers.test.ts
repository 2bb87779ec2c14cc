/** Large answers on workerd: whole for who reads them, and no room for who does not. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { DeployedCluster } from "./support/cluster.ts";

let cluster: DeployedCluster;
after(DeployedCluster.stopAll);
before(async () => {
  cluster = await DeployedCluster.deployed();
  await cluster.voters([1, 2, 3]);
  for (let i = 0; i < 7; i += 1) await put(`k${i}`);
});

const value = "v".repeat(1_000_000);
const put = (key: string) => cluster.fetch(`/kv/${key}`, { method: "PUT", body: value });
const range = { key: b("k"), range_end: b("l") };
const txn = JSON.stringify({ success: [{ requestRange: range }] });
const asked = () => cluster.fetch("/v3/kv/txn", { method: "POST", body: txn });

test("a large value comes whole, and its length first", async () => {
  const response = await cluster.fetch("/kv/k1");
  assert.equal(response.headers.get("content-length"), String(value.length));
  assert.equal(await response.text(), value);
  const head = await cluster.fetch("/kv/k1", { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(value.length));
});

test("large answers that are read come all, those for which there is no room when asked again", {
  timeout: 120_000,
}, async () => {
  const expected = await (await asked()).text();
  assert.ok(expected.length > 9_000_000);
  const one = async (): Promise<string> => {
    for (;;) {
      const response = await asked();
      const text = await response.text();
      if (response.status === 200) return text;
      assert.equal(response.status, 429, text);
    }
  };
  const all = await Promise.all(Array.from({ length: 16 }, one));
  const length = (text: string) => JSON.parse(text).responses[0].response_range.kvs.length;
  for (const text of all) assert.equal(length(text), 7);
});

test("where answers are not read there is no room, and it is there again when they are", {
  timeout: 120_000,
}, async () => {
  const unread = await Promise.all(Array.from({ length: 12 }, asked));
  const refused = unread.filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0 && refused.length < 12, `${refused.length} of 12`);
  for (const response of refused) {
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.match(await response.text(), /too many bytes of answers wait for their clients/);
  }
  // Whoever asks for little is answered.
  assert.equal((await cluster.fetch("/kv/k1", { method: "HEAD" })).status, 200);
  for (const response of unread) if (!response.bodyUsed) await response.text();
  assert.equal((await (await asked()).text()).length > 9_000_000, true);
});
