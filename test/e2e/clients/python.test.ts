/** Real clients that nobody here wrote, where they are installed. PYTHON names an interpreter. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Api, type Cluster } from "../../api/support/api.ts";
import { b } from "../../support/base64.ts";

const { PYTHON } = process.env;
const pythons = PYTHON === undefined ? ["python3", "/usr/bin/python3"] : [PYTHON];

/** An interpreter that has that module. */
function pythonWith(module: string): string | undefined {
  return pythons.find((path) => spawnSync(path, ["-c", `import ${module}`]).status === 0);
}

let open: Api;
let closed: Api;
before(async () => {
  open = await Api.start({ MEMBERS: "3" });
  closed = await Api.start({ MEMBERS: "3", DEVELOPMENT: "", TOKEN: "of-the-deployment" });
});
after(async () => {
  await open.stop();
  await closed.stop();
});

/** Runs a session, which prints a line for each of its parts. */
async function session(
  module: string,
  script: string,
  parts: readonly string[],
  { url }: Cluster,
  ...more: string[]
): Promise<void> {
  const { hostname, port } = new URL(url);
  const path = join(import.meta.dirname, script);
  const child = spawn(pythonWith(module) ?? "", [path, hostname, port, ...more]);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(output, parts.map((part) => `${part}: ok\n`).join(""), errors);
}

/** The cluster that clients come to which send no header of this project's. */
const clusterOf = (api: Api): Cluster => api.named("default");

const optionsFor = (module: string, how: string) => ({
  skip: pythonWith(module) === undefined && `${module} is not installed (${how})`,
  timeout: 120_000,
});

test(
  "python3-etcd3gw works unchanged",
  optionsFor("etcd3gw", "Debian: apt-get install python3-etcd3gw"),
  async () => {
    const parts = ["keys", "transactions", "leases", "locks", "watches", "cluster"];
    await session("etcd3gw", "etcd3gw_session.py", parts, clusterOf(open));
  },
);

test(
  "etcd3-py works unchanged, with users and tokens",
  optionsFor("etcd3", "pip install etcd3-py"),
  async () => {
    const parts = ["keys", "transactions", "leases", "watches", "servers", "users"];
    await session("etcd3", "etcd3py_session.py", parts, clusterOf(open));
  },
);

const patroniParts = ["begins", "elects", "hands_over", "watches", "ends"];
const patroni = optionsFor("patroni.dcs.etcd3", "pip install patroni[etcd3] psycopg[binary]");

test("Patroni works unchanged", patroni, async () => {
  const module = "patroni.dcs.etcd3";
  await session(module, "patroni_session.py", patroniParts, clusterOf(open));
});

test(
  "Patroni gets in by its user's name alone, and no further than that may",
  patroni,
  async () => {
    const c = clusterOf(closed);
    c.token = "Bearer of-the-deployment";
    await c.call("auth/user/add", { name: "root", password: "pw-of-root" });
    await c.call("auth/user/grant", { user: "root", role: "root" });
    await c.call("auth/user/add", { name: "patroni", password: "pw-of-patroni" });
    await c.call("auth/role/add", { name: "service" });
    const [key, end] = ["/service/", "/service0"].map(b);
    const perm = { permType: "READWRITE", key, range_end: end };
    await c.call("auth/role/grant", { name: "service", perm });
    await c.call("auth/user/grant", { user: "patroni", role: "service" });
    await c.call("auth/enable");
    const module = "patroni.dcs.etcd3";
    await session(module, "patroni_session.py", patroniParts, clusterOf(closed), "patroni");
  },
);
