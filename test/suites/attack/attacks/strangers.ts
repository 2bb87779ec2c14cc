/** What somebody can have without any credentials: nothing that costs. */
import { methods } from "../../../../src/api/gateway/v3/index.ts";
import type { Attack, Stage } from "../attack.ts";
import { ask, each, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { bearer, stranger, type Target } from "../harness/target.ts";
import { written } from "../judge.ts";

const token = "the deployment's token";
const names = 5_000;
const atOnce = 128;
/** What is not answered at once is asked until then. */
const sweepMs = 45_000;
/** After so many clusters the bound is passed by far, and it would only take time to go on. */
const enough = 60;
const healthMs = 15_000;

const credentials = JSON.stringify({ name: "root", password: "x" });
const open: readonly (readonly [method: string, path: string, body?: string])[] = [
  ["GET", "/livez"],
  ["GET", "/readyz"],
  ["GET", "/health?serializable=true"],
  ["POST", "/v3/auth/authenticate", credentials],
  ["GET", "/health"],
  ["POST", "/v3beta/auth/authenticate", credentials],
  ["GET", "/livez/serializable_read"],
  ["GET", "/readyz/linearizable_read"],
  ["GET", "/version"],
];

const closed: readonly (readonly [method: string, path: string, body?: string])[] = [
  ...[...methods.keys()].map((path) => ["POST", `/v3/${path}`, "{}"] as const),
  ["GET", "/kv/a"],
  ["PUT", "/kv/a", "v"],
  ["PUT", "/kv/a?ttl=60", "v"],
  ["DELETE", "/kv/a"],
  ["GET", "/kv?prefix="],
  ["GET", "/cluster"],
  ["POST", "/cluster/members", "{}"],
  ["POST", "/cluster/leader", "{}"],
  ["DELETE", "/cluster/members/2"],
  ["GET", "/cluster/backup"],
  ["POST", "/cluster/restore", "x"],
  ["POST", "/cluster/force-new", "{}"],
  ["GET", "/metrics"],
  ["GET", "/debug/vars"],
  ["GET", "/"],
  ["OPTIONS", "/kv/a"],
];

/** Who knocks: nobody, and those with what is no token. */
const knocks: readonly Readonly<Record<string, string>>[] = [
  {},
  bearer("wrong"),
  { "grpc-metadata-token": "abcdefgh.7" },
];

async function openDoors(target: Target, stage: Stage): Promise<number> {
  const until = performance.now() + sweepMs;
  let asked = 0;
  await each(names, atOnce, async (i) => {
    const [method, path, body] = open[i % open.length] ?? open[0] ?? ["GET", "/livez"];
    const headers = { ...stranger, "x-cluster": `evil-${i}` };
    const given = body === undefined ? {} : { body };
    await ask(`${target.url}${path}`, { method, headers, ...given, timeoutMs: 10_000 });
    asked += 1;
    if (performance.now() > until) return false;
    return (asked !== 200 && asked % 1_000 !== 0) || target.storage.made <= enough;
  });
  const seconds = (performance.now() - until + sweepMs) / 1_000;
  stage.report.note(`${asked} names in ${written(seconds, "s")}`);
  return asked;
}

async function everyDoor(target: Target): Promise<void> {
  const all = [...open, ...closed].flatMap((door) => knocks.map((knock) => ({ door, knock })));
  await each(all.length, atOnce, async (i) => {
    const { door, knock } = all[i] ?? { door: ["GET", "/livez"], knock: {} };
    const [method = "GET", path = "/", body] = door;
    const headers = { ...stranger, ...knock, "x-cluster": `wicked-${i % 20}` };
    const given = body === undefined ? {} : { body };
    await ask(`${target.url}${path}`, { method, headers, ...given, timeoutMs: 10_000 });
  });
  const sockets = ["watch", "lease/keepalive", "auth/authenticate", "kv/put"];
  await each(sockets.length, 1, async (i) => {
    const headers = { ...stranger, "x-cluster": `socket-${i}` };
    const socket = await WebSocketClient.open(`${target.url}/v3/${sockets[i]}`, headers);
    await socket?.send([credentials]);
    await socket?.heard(1, 1_000);
    socket?.leave();
  });
}

/** Seconds until such a page of a cluster that nobody has used is answered with 200. */
async function healthy(target: Target, path: string, cluster: string): Promise<number> {
  const headers = { "x-cluster": cluster };
  const ms = await target.until(healthMs, async () => {
    return (await target.ask(path, { headers, timeoutMs: healthMs })).status === 200;
  });
  return (ms ?? healthMs) / 1_000;
}

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars: { TOKEN: token }, headers: bearer(token) });
  await target.ready();
  const own = target.storage;
  const meter = await Meter.start(target, report, target.bystander());
  await openDoors(target, stage);
  await everyDoor(target);
  // What is only begun by then has its time.
  await sleep(2_000);
  const after = target.storage;
  report.figure("storages that strangers made", after.made - own.made);
  report.figure("alarms that strangers set", after.alarms - own.alarms);
  report.figure("objects that strangers woke", after.woken - own.woken);
  await meter.end();
  for (const path of ["/health", "/readyz"]) {
    const seconds = await healthy(target, path, `unused${path.replace("/", "-")}`);
    report.figure(`${path} of an unused cluster becomes true, with the token`, seconds);
  }
  await target.kill();
  const vars = { DEVELOPMENT: "true", CLUSTERS: "default,mine" };
  const named = await stage.start({ vars });
  const seconds = await healthy(named, "/health", "mine");
  report.figure("/health of an unused cluster becomes true, in development", seconds);
  const before = named.storage.made;
  await named.ask("/kv/a", { method: "PUT", body: "v", headers: { "x-cluster": "other" } });
  report.figure(
    "storages made of a cluster that CLUSTERS does not name",
    named.storage.made - before,
  );
}

export const strangers: Attack = {
  id: "1",
  name: "strangers",
  what: "no credentials, every route, 5,000 names of clusters",
  limitMs: 120_000,
  run,
};
