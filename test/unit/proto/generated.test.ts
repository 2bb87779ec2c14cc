import assert from "node:assert/strict";
import { test } from "node:test";
import { staleFiles } from "../../../scripts/proto/generate.ts";

test("the generated code is what the .proto files give", () => {
  assert.deepEqual(staleFiles(), [], "stale; run: npm run proto");
});
