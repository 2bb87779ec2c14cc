import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster } from "../../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

async function downgrade(c: ApiCluster, action: string | number, version = "") {
  const body = JSON.stringify({ action, version });
  const { status, text } = await c.request("POST", "/v3/maintenance/downgrade", body);
  return { status, body: JSON.parse(text) };
}

test("whether a version could be gone back to is answered as by etcd", async () => {
  const c = api.cluster();
  for (const version of ["3.5", "3.5.0"]) {
    const { status, body } = await downgrade(c, "VALIDATE", version);
    assert.equal(status, 200);
    assert.equal(body.version, "3.6", "the version of the cluster, as it is");
    assert.ok(body.header.cluster_id);
  }
  const refusals = [
    ["3.4", "invalid downgrade target version"],
    ["3.6", "invalid downgrade target version"],
    ["4.5", "invalid downgrade target version"],
    ["", "wrong downgrade target version format"],
    ["v3", "wrong downgrade target version format"],
  ] as const;
  for (const [version, text] of refusals) {
    for (const action of ["VALIDATE", "ENABLE"]) {
      const { status, body } = await downgrade(c, action, version);
      assert.deepEqual([status, body.code, body.error], [400, 3, `etcdserver: ${text}`]);
    }
  }
});

test("going back to it is not: that is done by deploying, and the answer says so", async () => {
  const c = api.cluster();
  const { status, body } = await downgrade(c, "ENABLE", "3.5");
  assert.deepEqual([status, body.code], [501, 12]);
  assert.match(body.error, /members change version with the deployment/);
  const { downgradeInfo } = await c.call("maintenance/status");
  assert.deepEqual(downgradeInfo, {}, "nothing is under way");
});

test("there is nothing to cancel, which always succeeds", async () => {
  const { status, body } = await downgrade(api.cluster(), "CANCEL");
  assert.deepEqual([status, body.version], [200, "3.6"]);
});
