import assert from "node:assert/strict";
import { test } from "node:test";
import { DeploymentError, deployment } from "../../../src/cloudflare/deployment.ts";

test("what is not set lets nobody in, and any cluster be", () => {
  assert.deepEqual(deployment({}), {
    ...{ development: false, token: "", tokens: [], hostSuffix: "", clusters: undefined },
  });
  assert.equal(deployment({ CLUSTERS: " , " }).clusters, undefined);
});

test("clusters are a list, tokens a pattern each, or several", () => {
  const { clusters, tokens } = deployment({
    CLUSTERS: "default, team-*\norders",
    TOKENS: '{"orders":"a","team-*":["b","c"]}',
  });
  assert.deepEqual(clusters, ["default", "team-*", "orders"]);
  assert.deepEqual(tokens, [
    { pattern: "orders", token: "a" },
    { pattern: "team-*", token: "b" },
    { pattern: "team-*", token: "c" },
  ]);
});

test("what ends the line of a secret is no part of it", () => {
  assert.equal(deployment({ TOKEN: "sesame\n" }).token, "sesame");
  assert.equal(deployment({ TOKEN: " \n" }).token, "");
});

test("a suffix is one whether it begins with its dot or not", () => {
  for (const HOST_SUFFIX of [".kv.test", "kv.test", "KV.test."]) {
    assert.equal(deployment({ HOST_SUFFIX }).hostSuffix, ".kv.test");
  }
});

test("what cannot be used is named, without its secrets", () => {
  const bad: readonly (readonly [Parameters<typeof deployment>[0], RegExp])[] = [
    [{ TOKENS: "{sesame" }, /^TOKENS is no JSON$/],
    [{ TOKENS: '["sesame"]' }, /^TOKENS must be a JSON object/],
    [{ TOKENS: '"sesame"' }, /^TOKENS must be a JSON object/],
    [{ TOKENS: '{"a":""}' }, /^TOKENS has no text, or an empty one, in entry 1$/],
    [{ TOKENS: '{"a":["sesame",1]}' }, /^TOKENS has no text/],
    [{ TOKENS: '{"Sesame":"a"}' }, /^TOKENS has a key that is no name/],
    [{ TOKENS: '{"b":"x","a":"sesame open"}' }, /^TOKENS has in entry 2 what no header can bring/],
    [{ CLUSTERS: "a,b/c" }, /^CLUSTERS has "b\/c"/],
    [{ HOST_SUFFIX: "https://kv" }, /^HOST_SUFFIX is/],
  ];
  for (const [variables, text] of bad) {
    assert.throws(
      () => deployment(variables),
      (error) => {
        assert.ok(error instanceof DeploymentError);
        assert.match(error.message, text);
        assert.ok(!/sesame/i.test(error.message), error.message);
        return true;
      },
    );
  }
});
