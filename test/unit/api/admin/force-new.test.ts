import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api, type ApiCluster } from "../support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start({ DEVELOPMENT: "", TOKEN: "secret" });
});
after(() => api.stop());

const force = async (c: ApiCluster, body: string) => {
  const { status, text } = await c.request("POST", "/cluster/force-new", body);
  return { status, error: String(JSON.parse(text).error) };
};

test("a new cluster is forced by whoever has the token, and says what it means", async () => {
  const c = api.cluster();
  const right = JSON.stringify({ member: 1, confirm: c.name });
  assert.equal((await force(c, right)).status, 401, "a stranger");
  const possiblyOld = "/cluster/backup?member=1&possibly_old=true";
  assert.equal((await c.request("GET", possiblyOld)).status, 401);
  c.token = "Bearer secret";
  await c.put("k", "v");
  const bodies: [string, RegExp][] = [
    ["", /member must be/],
    ['{"member": "1"}', /member must be/],
    ['{"member": 0.5}', /member must be/],
    ['{"member": 1}', /confirm must be the cluster's name/],
    ['{"member": 1, "confirm": "default"}', /confirm must be the cluster's name/],
    [right, /members 1 answer, and are a majority/],
  ];
  for (const [body, error] of bodies) {
    const answer = await force(c, body);
    assert.equal(answer.status, 400, body);
    assert.match(answer.error, error, body);
  }
  assert.equal((await c.request("GET", "/cluster/force-new")).status, 405);
  assert.equal((await c.request("GET", possiblyOld)).status, 200);
  for (const query of ["member=1", "possibly_old=true", "member=1&possibly_old=1", "member=x"]) {
    assert.equal((await c.request("GET", `/cluster/backup?${query}`)).status, 400, query);
  }
});
