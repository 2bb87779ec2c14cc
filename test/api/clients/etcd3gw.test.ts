import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Api } from "../support/api.ts";

const pythons = ["python3", "/usr/bin/python3"];
const python = pythons.find((path) => spawnSync(path, ["-c", "import etcd3gw"]).status === 0);

test("python3-etcd3gw works unchanged", {
  skip:
    python === undefined && "etcd3gw is not installed (Debian: apt-get install python3-etcd3gw)",
  timeout: 60_000,
}, async () => {
  const api = await Api.start({ MEMBERS: "3" });
  try {
    const { hostname, port } = new URL(api.runtime.url);
    const script = join(import.meta.dirname, "etcd3gw_session.py");
    const child = spawn(python ?? "", [script, hostname, port]);
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.equal(errors, "");
    const parts = ["keys", "transactions", "leases", "locks", "watches", "cluster"];
    assert.equal(output, parts.map((part) => `${part}: ok\n`).join(""));
  } finally {
    await api.stop();
  }
});
