import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { RuntimeCluster } from "./support/cluster.ts";

let cluster: RuntimeCluster;
before(async () => {
  cluster = await RuntimeCluster.start();
  await cluster.putUntilAcknowledged("first", "put");
  await cluster.settled();
});
after(() => cluster.kill());

test("the seam for faults is absent from the deployed bundle", () => {
  const root = join(import.meta.dirname, "../..");
  const bundle = readFileSync(join(root, "dist/worker/worker.js"), "utf8");
  const seam = readFileSync(join(import.meta.dirname, "support/worker.ts"), "utf8");
  for (const mark of ["test_fault", "dropAlarm", "cut off", "/test/"]) {
    assert.ok(seam.includes(mark), `the seam no longer has "${mark}"`);
    assert.ok(!bundle.includes(mark), `the deployed bundle has "${mark}"`);
  }
});

const inside = [
  "raft",
  "member/raft",
  "peer",
  "peerCall",
  "member/1/raft",
  "default/1",
  "test/fault",
];

for (const path of inside) {
  test(`raft's own paths are closed from outside: /${path}`, async () => {
    const before = await cluster.statuses();
    for (const init of [
      { method: "GET" },
      { method: "POST", body: "x" },
      { method: "GET", headers: { upgrade: "websocket", connection: "upgrade" } },
    ]) {
      const response = await fetch(`${cluster.url}/${path}`, init).catch(() => undefined);
      if (response === undefined) continue;
      assert.ok(response.status >= 400, `${init.method} /${path}: ${response.status}`);
      await response.arrayBuffer();
    }
    const after = await cluster.statuses();
    assert.deepEqual(
      after.map(({ term, commitIndex }) => [term, commitIndex]),
      before.map(({ term, commitIndex }) => [term, commitIndex]),
    );
  });
}

test("a WebSocket that asks for raft is not opened", async () => {
  for (const path of inside) {
    const socket = new WebSocket(`${cluster.url.replace("http", "ws")}/${path}`);
    const outcome = await new Promise((resolve) => {
      socket.addEventListener("open", () => resolve("opened"));
      socket.addEventListener("error", () => resolve("refused"));
    });
    assert.equal(outcome, "refused", path);
  }
});

test("without a token only a development server answers", async () => {
  const closed = await RuntimeCluster.start({ vars: { DEVELOPMENT: "" } });
  try {
    const response = await fetch(`${closed.url}/kv/a`, { method: "PUT", body: "x" });
    assert.equal(response.status, 401);
    await response.arrayBuffer();
  } finally {
    await closed.kill();
  }
});
