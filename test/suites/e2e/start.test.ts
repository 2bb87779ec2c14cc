/** What `npm start` serves: its entry Worker compresses for clients that take gzip. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DevelopmentServer } from "../../support/development.ts";
import { temporaryFolder } from "../../support/runtime.ts";
import { ApiCluster, b, prefix } from "../../unit/api/support/api.ts";

let server: DevelopmentServer;
let c: ApiCluster;
before(
  async () => {
    server = await DevelopmentServer.start();
    c = new ApiCluster(server.url, "default");
  },
  { timeout: 180_000 },
);
after(() => server.stop());

const clientMs = 20_000;

/** A response to a client that takes whatever encoding there is. */
async function open(method: string, path: string, body = "", accept = "*/*") {
  const sent = request(`${server.url}${path}`, {
    ...{ method, agent: false, timeout: clientMs },
    headers: { "accept-encoding": "gzip, deflate, br", accept },
  });
  sent.on("timeout", () => sent.destroy(new Error(`nothing came from ${path}`)));
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  assert.equal(response.statusCode, 200, path);
  assert.equal(response.headers["content-encoding"], "identity", path);
  return response.setEncoding("latin1");
}

/** Reads until that has come, of a response that goes on. */
async function until(response: IncomingMessage, pattern: RegExp): Promise<void> {
  let text = "";
  while (!pattern.test(text)) {
    const part = response.read() as string | null;
    if (part !== null) text += part;
    else await once(response, "readable");
  }
}

const post = (path: string, body: object, accept?: string) =>
  open("POST", `/v3/${path}`, JSON.stringify(body), accept);

test("streams come as they are made, whatever a client takes", { timeout: 120_000 }, async () => {
  const everything = { key: b("stream/"), ...prefix("stream/") };
  const watch = await post("watch", { create_request: everything });
  await until(watch, /"created":true/);
  const events = await open("GET", "/kv/?prefix=stream/", "", "text/event-stream");
  await until(events, /: from revision/);
  await c.put("stream/1", "one");
  await until(watch, new RegExp(b("one")));
  await until(events, /"value":"one"/);

  const { ID } = await c.call("lease/grant", { TTL: 60 });
  await until(await post("lease/keepalive", { ID }), /"TTL":"60"/);
  const campaign = { name: b("election"), lease: ID, value: b("first") };
  const { leader } = await c.call("election/campaign", campaign);
  const observed = await post("election/observe", { name: b("election") });
  await until(observed, new RegExp(b("first")));
  await c.call("election/proclaim", { leader, value: b("second") });
  await until(observed, new RegExp(b("second")));
  for (const response of [watch, events, observed]) response.destroy();
});

test("long answers come as they are, and whole", { timeout: 120_000 }, async () => {
  const value = "x".repeat(200_000);
  for (let i = 0; i < 10; i += 1) await c.put(`long/${i}`, value);
  const range = { key: b("long/"), ...prefix("long/") };
  const whole = async (response: IncomingMessage) => {
    let text = "";
    for await (const part of response) text += part;
    assert.ok(response.complete);
    return text;
  };
  const { kvs } = JSON.parse(await whole(await post("kv/range", range)));
  assert.equal(kvs.length, 10);
  const listed = JSON.parse(await whole(await open("GET", "/kv/?prefix=long/")));
  assert.equal(listed.kvs.length, 10);
  const backup = await whole(await open("GET", "/cluster/backup"));
  assert.match(backup, /^durable-raft backup 1\n/);
  const snapshot = await whole(await post("maintenance/snapshot", {}));
  const last = JSON.parse(snapshot.trim().split("\n").at(-1) ?? "");
  assert.equal(Buffer.from(last.result.blob, "base64").length, 32);
});

const curl = { skip: spawnSync("curl", ["--version"]).status !== 0 && "curl is not installed" };

test("curl --compressed sees an event when it comes", { ...curl, timeout: 60_000 }, async () => {
  const body = JSON.stringify({ create_request: { key: b("curl") } });
  const child = spawn("curl", [
    "-sN",
    "--noproxy",
    "*",
    "--compressed",
    `${server.url}/v3/watch`,
    "-d",
    body,
  ]);
  const output = child.stdout.setEncoding("utf8");
  const timer = setTimeout(() => child.kill("SIGKILL"), clientMs);
  let text = "";
  for await (const part of output) {
    text += part;
    if (text === part) await c.put("curl", "seen");
    if (text.includes(b("seen"))) break;
  }
  clearTimeout(timer);
  child.kill("SIGKILL");
  assert.match(text, /"created":true/);
  assert.ok(text.includes(b("seen")), text);
});

test("fetch takes the header for what it is", { timeout: 60_000 }, async () => {
  using watch = c.watch({ create_request: { key: b("fetched") } });
  assert.equal((await watch.next()).created, true);
  await c.put("fetched", "1");
  assert.equal((await watch.events())[0]?.kv.value, b("1"));
});

/** Ids, terms and tokens are another cluster's, and each member may lead. */
const masked = (said: string) =>
  said
    .replaceAll(/"((?:cluster|member)_id|raft_term|lease)":"\d+"/g, '"$1":"0"')
    .replaceAll(/"(clusterId|fingerprint|role)": "\w+"/g, '"$1": "0"')
    .replaceAll(/"token":"[A-Za-z]{16}\.\d+"/g, '"token":"0"')
    .trim();

/** Commands, each with what the pages show of its answer. */
function stepsOf(...pages: readonly string[]): { command: string; shown: string }[] {
  const root = join(import.meta.dirname, "../../..");
  const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");
  const blocks = [...text.matchAll(/^```console\n(.*?)^```/gms)].map(([, block]) => block ?? "");
  return blocks
    .join("")
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = "", ...shown] = step.split("\n");
      return { command, shown: shown.join("\n") };
    });
}

/**
 * Types the commands of pages, one page after the other, in a cluster of their own, and compares
 * what they say. A look at the members waits until these agree.
 */
function type(cluster: string, minSteps: number, ...pages: readonly string[]): void {
  const steps = stepsOf(...pages);
  assert.ok(steps.length >= minSteps, `${steps.length} commands`);
  const mark = "---- the next one ----";
  const script = steps.map(({ command }) => {
    const wait = /localhost:8787\/cluster(?:\/backup)?(?: |$)/.test(command) ? "agreed\n" : "";
    return `${wait}${command}\necho; echo '${mark}'\n`;
  });
  const prelude = `
curl() {
  case "$*" in *x-cluster*) ;; *) set -- -H 'x-cluster: ${cluster}' "$@" ;; esac
  command curl -sS --noproxy '*' "$@"
}
agreed() {
  for _ in $(seq 200); do
    local prints=$(curl localhost:8787/cluster | grep fingerprint)
    [ "$(wc -l <<< "$prints")" = 3 ] && [ "$(uniq <<< "$prints" | wc -l)" = 1 ] && return
    sleep 0.1
  done
  echo "the members do not agree" >&2
}
`;
  const here = (prelude + script.join("")).replaceAll("localhost:8787", new URL(server.url).host);
  const cwd = temporaryFolder();
  const { stdout, stderr } = spawnSync("bash", ["-c", here], { cwd, encoding: "utf8" });
  assert.equal(stderr, "");
  const said = stdout.split(`${mark}\n`);
  for (const [i, { command, shown }] of steps.entries()) {
    assert.equal(masked(said[i] ?? ""), masked(shown), command);
  }
}

const typed = { ...curl, timeout: 60_000 };

test("README.md and docs/operating.md show what their commands say", typed, () => {
  type("session", 12, "README.md", "docs/operating.md");
});

test("docs/users.md shows what its commands say", typed, () => {
  type("users", 16, "docs/users.md");
});
