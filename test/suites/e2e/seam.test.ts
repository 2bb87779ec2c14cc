import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberHeader, seamPath } from "./seam/faults.ts";

const dist = join(import.meta.dirname, "../../../dist");

/** What gives the seam away in a bundle: its path, its header, its classes and its messages. */
const marks = [
  seamPath,
  memberHeader,
  "FaultTable",
  "FaultySocket",
  "faultyNamespace",
  "refusedStarts",
  "interruptedSide",
  "fault seam",
];

test("nothing of the fault seam is in the bundle that is deployed", () => {
  const bundle = readFileSync(join(dist, "worker/worker.js"), "utf8");
  const map = JSON.parse(readFileSync(join(dist, "worker/worker.js.map"), "utf8"));
  assert.deepEqual(
    marks.filter((mark) => bundle.includes(mark)),
    [],
  );
  assert.deepEqual(
    (map.sources as readonly string[]).filter((path) => /(^|\/)test\//.test(path)),
    [],
  );
});

test("all of it is in the bundle of these tests, so that its absence says something", () => {
  const bundle = readFileSync(join(dist, "e2e/worker.js"), "utf8");
  assert.deepEqual(
    marks.filter((mark) => !bundle.includes(mark)),
    [],
  );
});
