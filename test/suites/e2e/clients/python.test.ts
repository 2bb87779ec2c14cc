/**
 * Real clients that nobody here wrote, where they are installed, at workerd itself and at what `npm
 * start` serves. PYTHON names an interpreter.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { b } from "../../../support/base64.ts";
import { DevelopmentServer } from "../../../support/development.ts";
import { Api, ApiCluster } from "../../../unit/api/support/api.ts";
import { findPython, type PythonClient } from "./installed.ts";

interface Session extends PythonClient {
  readonly script: string;
  /** It prints a line for each. */
  readonly parts: readonly string[];
}

const etcd3gw: Session = {
  module: "etcd3gw",
  distribution: "etcd3gw",
  versions: /^2\./,
  how: "Debian: apt-get install python3-etcd3gw",
  script: "etcd3gw_session.py",
  parts: ["keys", "transactions", "leases", "locks", "watches", "cluster"],
};
const etcd3py: Session = {
  module: "etcd3",
  distribution: "etcd3-py",
  versions: /^0\.1\./,
  how: "pip install etcd3-py",
  script: "etcd3py_session.py",
  parts: ["keys", "transactions", "leases", "watches", "servers", "users"],
};
const patroni: Session = {
  module: "patroni.dcs.etcd3",
  distribution: "patroni",
  versions: /^4\./,
  how: "pip install patroni[etcd3] psycopg[binary]",
  script: "patroni_session.py",
  parts: ["begins", "elects", "hands_over", "watches", "ends"],
};

const found = new Map([etcd3gw, etcd3py, patroni].map((client) => [client, findPython(client)]));
const someFound = [...found.values()].some(({ python }) => python !== undefined);

const optionsFor = (client: Session) => ({
  skip: found.get(client)?.missing ?? false,
  timeout: 120_000,
});

async function run(client: Session, { url }: ApiCluster, ...more: string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const path = join(import.meta.dirname, client.script);
  const child = spawn(found.get(client)?.python ?? "", [path, hostname, port, ...more], {
    // A proxy of this machine's is no way to a server on it.
    env: { ...process.env, NO_PROXY: "*", no_proxy: "*" },
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(output, client.parts.map((part) => `${part}: ok\n`).join(""), errors);
}

/** Each with the cluster that clients come to which send no header of this project's. */
function sessions(clusterOf: () => ApiCluster): void {
  test("python3-etcd3gw works unchanged", optionsFor(etcd3gw), () => run(etcd3gw, clusterOf()));
  test("etcd3-py works unchanged, with users and tokens", optionsFor(etcd3py), () =>
    run(etcd3py, clusterOf()),
  );
  test("Patroni works unchanged", optionsFor(patroni), () => run(patroni, clusterOf()));
}

describe("at workerd", () => {
  let open: Api;
  before(async () => {
    open = await Api.start({ MEMBERS: "3" });
  });
  after(() => open.stop());
  sessions(() => open.named("default"));
});

describe("at what npm start serves", { skip: !someFound && "no client is installed" }, () => {
  let server: DevelopmentServer | undefined;
  let url = "";
  before(
    async () => {
      server = await DevelopmentServer.start();
      ({ url } = server);
    },
    { timeout: 180_000 },
  );
  after(() => server?.stop());
  sessions(() => new ApiCluster(url, "default"));
});

describe("where it is closed", () => {
  let closed: Api;
  before(async () => {
    closed = await Api.start({ MEMBERS: "3", DEVELOPMENT: "", TOKEN: "of-the-deployment" });
  });
  after(() => closed.stop());

  test("Patroni gets in by its user's name alone", optionsFor(patroni), async () => {
    const c = closed.named("default");
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
    await run(patroni, c, "patroni");
  });
});
