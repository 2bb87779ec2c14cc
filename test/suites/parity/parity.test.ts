import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonReader, JsonSyntaxError } from "../../../src/api/gateway/json/text.ts";
import { methods as answered } from "../../../src/api/gateway/v3/index.ts";
import { type Json, treeOf } from "../../support/json-tree.ts";
import { Runtime } from "../../support/runtime.ts";
import { compare } from "./compare.ts";
import { answersOf, recording } from "./run.ts";
import { script } from "./script/index.ts";
import type { Step } from "./step.ts";
import { fieldsIn, fieldsOf, kinds, methods, pages } from "./surface.ts";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

function sentBy(step: Step): Sent[] {
  if (step.kind === "open") return [{ method: "POST", path: step.path, body: step.body ?? "" }];
  if (step.kind === "send") {
    return step.frames.map((body) => ({ method: "POST", path: "/v3/watch", body }));
  }
  if (step.kind !== "call") return [];
  const path = step.path.split("?")[0] ?? "";
  return [{ method: step.method, path, body: step.body ?? "" }];
}

const sent = script.flatMap(sentBy);

test("the script has at least 400 requests", () => {
  assert.ok(sent.length >= 400, `${sent.length}`);
});

/** Whatever of those requests reads as JSON. */
function valuesOf(bodies: readonly Sent[]): Json[] {
  const values: Json[] = [];
  for (const { body } of bodies) {
    const reader = new JsonReader(body);
    try {
      while (!reader.atEnd()) values.push(treeOf(reader));
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
    }
  }
  return values;
}

test("every endpoint, every field and every name of an enum has a request", () => {
  const missing: string[] = [];
  for (const [path, kind] of Object.entries(kinds)) {
    const bodies = sent.filter((one) => one.path === path && one.method === "POST");
    if (bodies.length === 0) missing.push(path);
    const found = new Set<string>();
    for (const json of valuesOf(bodies)) fieldsIn(kind, json, found);
    for (const name of fieldsOf(kind)) if (!found.has(name)) missing.push(`${path} ${name}`);
  }
  for (const page of pages) {
    if (!sent.some(({ path, method }) => path === page && method === "GET")) missing.push(page);
  }
  assert.deepEqual(missing, []);
});

test("the endpoints and fields are those of etcd, and those that are served", () => {
  assert.deepEqual(Object.keys(kinds).sort(), Object.keys(methods).sort());
  assert.deepEqual(
    [...answered.keys()].map((path) => `/v3/${path}`).sort(),
    Object.keys(kinds).sort(),
  );
  for (const [path, list] of Object.entries(methods)) {
    const listed = new Set<string>();
    for (const field of list.split(" ").filter((name) => name !== "")) {
      const [name = "", values] = field.split("=");
      listed.add(name);
      for (const value of values?.split("|") ?? []) listed.add(`${name}=${value}`);
    }
    const kind = kinds[path];
    assert.ok(kind);
    const served = [...fieldsOf(kind)].map((name) => name.slice(name.indexOf(".") + 1));
    assert.deepEqual([...new Set(served)].sort(), [...listed].sort(), path);
  }
});

test("the API answers as the recorded etcd, but for what is accepted with a reason", async () => {
  const runtime = await Runtime.start();
  try {
    const answers = await answersOf(runtime.url, script);
    const { same, differences } = compare(script, recording(), answers);
    assert.deepEqual(differences, []);
    assert.ok(same >= 700, `${same} answers compared`);
  } finally {
    await runtime.kill();
  }
});
