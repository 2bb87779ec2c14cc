/** Text that is no UTF-8 is refused: read as something else, two names would be one. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api } from "./support/api.ts";

let api: Api;
before(async () => {
  api = await Api.start();
});
after(() => api.stop());

/** The text in Latin-1, so that \xe9 is one byte. */
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");

test("a password, a name or a role that is no UTF-8 is none", async () => {
  const c = api.cluster();
  await c.call("auth/role/add", { name: "caf\ufffd" });
  await c.call("auth/user/add", { name: "ann", password: "caf\ufffd" });
  const bodies: (readonly [path: string, body: string])[] = [
    ["auth/user/add", '{"name":"bob","password":"caf\xe9"}'],
    ["auth/user/add", '{"name":"caf\xe9","password":"x"}'],
    ["auth/user/add", '{"name":"bob","password":"caf\\ud800"}'],
    ["auth/user/changepw", '{"name":"ann","password":"caf\xe9"}'],
    ["auth/user/grant", '{"user":"ann","role":"caf\xe9"}'],
    ["auth/user/grant", '{"user":"ann","role":"caf\\udc00"}'],
    ["auth/role/add", '{"name":"\\ud83d"}'],
    ["auth/role/get", '{"role":"caf\xe9"}'],
    ["auth/authenticate", '{"name":"ann","password":"caf\xe9"}'],
    ["cluster/member/add", '{"peerURLs":["http://caf\xe9:1"]}'],
    ["maintenance/downgrade", '{"version":"\xe9"}'],
    ["kv/range", '{"key":"YQ==","unknown\xe9":1}'],
    ["watch", '{"create_request":{"key":"\xe9"}}'],
  ];
  for (const [path, body] of bodies) {
    const answer = await c.request("POST", `/v3/${path}`, latin1(body));
    assert.equal(answer.status, 400, `${path} ${body}: ${answer.text}`);
  }
  const whole = "caf\u00e9 \u{1f600}";
  await c.call("auth/role/add", { name: whole });
  assert.deepEqual((await c.call("auth/role/list")).roles, [whole, "caf\ufffd"]);
});

test("neither is what administrators send", async () => {
  const c = api.cluster();
  for (const body of ['{"name":"\xe9"}', '{"name":"\\ud800"}', '{"locationHint":"\\udfff"}']) {
    const answer = await c.request("POST", "/cluster/members", latin1(body));
    assert.equal(answer.status, 400, answer.text);
  }
});

test("keys and values are bytes: what is no text is listed as base64, never altered", async () => {
  const c = api.cluster();
  await c.request("PUT", "/kv/p%2Fa", latin1("caf\xe9"));
  await c.request("PUT", "/kv/p%2F%E9", "caf\u00e9");
  await c.request("PUT", "/kv/p%2F%ED%A0%80", "\ufeffbom");
  const { text } = await c.request("GET", "/kv?prefix=p/");
  const { kvs } = JSON.parse(text);
  const seen = kvs.map(({ key, key_base64, value, value_base64 }: Record<string, string>) => ({
    ...(key === undefined ? { key_base64 } : { key }),
    ...(value === undefined ? { value_base64 } : { value }),
  }));
  assert.deepEqual(seen, [
    { key: "p/a", value_base64: base64("caf\xe9") },
    { key_base64: base64("p/\xe9"), value: "caf\u00e9" },
    { key_base64: base64("p/\xed\xa0\x80"), value: "\ufeffbom" },
  ]);
  const got = await fetch(`${c.url}/kv/p%2Fa`, { headers: c.headers() });
  assert.deepEqual(new Uint8Array(await got.arrayBuffer()), latin1("caf\xe9"));
});
