import assert from "node:assert/strict";
import { test } from "node:test";
import { Runtime } from "../support/runtime.ts";
import { compare } from "./compare.ts";
import { answersOf, recording } from "./run.ts";
import { script } from "./script/index.ts";
import type { Step } from "./step.ts";
import { methods, pages } from "./surface.ts";

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

test("every endpoint, every field and every name of an enum has a request", () => {
  const missing: string[] = [];
  for (const [path, fields] of Object.entries(methods)) {
    const bodies = sent.filter((one) => one.path === path && one.method === "POST");
    if (bodies.length === 0) missing.push(path);
    for (const field of fields.split(" ").filter((name) => name !== "")) {
      const [name = "", values] = field.split("=");
      const has = (text: string) => bodies.some(({ body }) => body.includes(text));
      if (!has(`"${name}":`)) missing.push(`${path} ${name}`);
      for (const value of values?.split("|") ?? []) {
        if (!has(`"${value}"`)) missing.push(`${path} ${name} ${value}`);
      }
    }
  }
  for (const page of pages) {
    if (!sent.some(({ path, method }) => path === page && method === "GET")) missing.push(page);
  }
  assert.deepEqual(missing, []);
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
