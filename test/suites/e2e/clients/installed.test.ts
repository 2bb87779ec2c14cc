import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../support/runtime.ts";
import { findPython } from "./installed.ts";

const client = { module: "c", distribution: "c-dist", versions: /^4\./, how: "pip install c" };
const folder = temporaryFolder();

/** An interpreter with that version of it; undefined: without. */
function pythonWith(version: string | undefined): string {
  const path = join(folder, version ?? "none");
  const said = version === undefined ? "exit 1" : `echo warning; echo ${version}`;
  writeFileSync(path, `#!/bin/sh\n${said}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("a client that is there in a version which is known is used", () => {
  const python = pythonWith("4.0.1");
  const pythons = [join(folder, "no interpreter"), pythonWith(undefined), python];
  assert.deepEqual(findPython(client, pythons), { python, missing: undefined });
  const older = pythonWith("3.0.2");
  assert.equal(findPython(client, [older, python]).python, python);
});

test("one that is older, newer or not there is left out, and what is there is said", () => {
  const none = findPython(client, [join(folder, "no interpreter"), pythonWith(undefined)]);
  assert.equal(none.missing, "c-dist is not installed (pip install c)");
  for (const version of ["3.0.2", "5.0.0"]) {
    const { python, missing } = findPython(client, [pythonWith(version)]);
    assert.equal(python, undefined);
    assert.match(missing ?? "", new RegExp(`^c-dist ${version} is installed, .*4`));
  }
});
