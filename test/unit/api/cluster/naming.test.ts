import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterOf, fits, type Naming } from "../../../../src/api/cluster/naming.ts";

const naming: Naming = { hostSuffix: ".kv.test", clusters: undefined };

function named(host: string, header?: string, how: Naming = naming): string {
  const headers: Record<string, string> = header === undefined ? {} : { "x-cluster": header };
  const request = new Request(`http://${host}/`, { headers });
  return clusterOf(request, new URL(request.url), how);
}

test("a cluster is named by header, by hostname, or is the default one", () => {
  assert.equal(named("any.test"), "default");
  assert.equal(named("any.test", "two"), "two");
  assert.equal(named("one.kv.test:8787"), "one");
  assert.equal(named("kv.test"), "default");
});

test("case and a dot at the end make no other host", () => {
  for (const host of ["one.kv.test.", "ONE.kv.Test", "One.KV.test.:80"]) {
    assert.equal(named(host), "one");
  }
});

test("hostname and header must agree", () => {
  assert.equal(named("one.kv.test", "one"), "one");
  assert.throws(() => named("one.kv.test", "two"), /names the cluster one, x-cluster two/);
  assert.throws(() => named("one.kv.test.", "two"), /x-cluster two/);
});

test("what can be no name is refused", () => {
  for (const header of ["", "A", "a/1", "a_b", "-a", "a, a", "x".repeat(64)]) {
    assert.throws(() => named("any.test", header), /no name of a cluster/, header);
  }
  assert.throws(
    () => named("a.b.kv.test"),
    /no name of a cluster: a\.b; a name has 1 to 63 of a-z, 0-9 and -/,
  );
});

test("a deployment may say which clusters there are", () => {
  const some: Naming = { hostSuffix: "", clusters: ["default", "team-*"] };
  for (const name of ["default", "team-", "team-a-b"].filter((one) => !one.endsWith("-"))) {
    assert.equal(named("any.test", name, some), name);
  }
  for (const name of ["evil", "team", "a-team-b"]) {
    assert.throws(() => named("any.test", name, some), /has no cluster/, name);
  }
});

test("a star stands for any letters, and everything else for itself", () => {
  assert.ok(fits("*", "x") && fits("a*c", "ac") && fits("a*c", "abbc") && fits("*b*", "abc"));
  assert.ok(!fits("a.c", "abc") && !fits("a*c", "abcd") && !fits("", "a"));
});

test("a pattern takes no longer for a name that nearly fits", () => {
  const pattern = `${"a*".repeat(31)}b`;
  assert.ok(!fits(pattern, "a".repeat(63)));
  assert.ok(fits(pattern, `${"a".repeat(62)}b`));
  const fitting = ["a*b*c abc", "a**b ab", "*ab*ab* 1ab2ab3", "* x", "a*a aa"];
  for (const text of fitting) assert.ok(fits(...(text.split(" ") as [string, string])), text);
  const others = ["a*a a", "a*b*c ac", "*ab*ab* 1ab2", "a*bc*c abc", "a.c abc"];
  for (const text of others) assert.ok(!fits(...(text.split(" ") as [string, string])), text);
});
