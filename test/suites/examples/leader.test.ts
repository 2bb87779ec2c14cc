/** examples/leader, as deployed: one leads, and another does when it stops or dies. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Request, Response } from "miniflare";
import { b } from "../../support/base64.ts";
import { until } from "../e2e/support/until.ts";
import { Deployment } from "./support/deployment.ts";

const patienceMs = 20_000;

/** Nothing that speaks of one of these leases gets over the line to the store. */
const cutOff = new Set<string>();
/** Whether leases can be renewed. */
let renewals = true;

async function overTheLine(request: Request): Promise<Response> {
  const message = await request.text();
  // A key's name ends with its lease in hex.
  const said = message + decoded(message);
  const marks = [...cutOff].flatMap((lease) => [lease, BigInt(lease).toString(16)]);
  if (marks.some((mark) => said.includes(mark)))
    return new Response("the line is cut", { status: 503 });
  const { pathname } = new URL(request.url);
  if (!renewals && pathname === "/v3/lease/keepalive") return new Response("lost", { status: 503 });
  const init = { method: request.method, headers: Object.fromEntries(request.headers) };
  const { status, body } = await deployment.askStore(pathname, {
    ...{ ...init, body: message, signal: request.signal },
  });
  return new Response(body, { status });
}

const decoded = (message: string): string =>
  [...message.matchAll(/"([\w+/=]+)"/g)]
    .map(([, text = ""]) => Buffer.from(text, "base64").toString("latin1"))
    .join(" ");

let deployment: Deployment;
before(async () => {
  deployment = await Deployment.start("leader", overTheLine);
});
after(() => deployment.stop());

interface Leader {
  readonly leader: string;
  readonly since: string;
}

async function tell(name: string, what: "start" | "stop"): Promise<void> {
  const response = await deployment.fetch(`/candidates/${name}/${what}`, { method: "POST" });
  assert.equal(response.status, 204);
}

/** Who leads, once that is somebody whom the test waits for. */
const leads = (which: (leader: Leader) => boolean) =>
  until("another leader", patienceMs, async () => {
    const response = await deployment.fetch("/leader");
    const found = (await response.json()) as Leader;
    if (!response.ok || !which(found)) throw new Error(JSON.stringify(found));
    return found;
  });

/** The last note of work: when, and by whom. */
async function note(): Promise<string> {
  const response = await deployment.askStore("/kv/cleaner/last");
  return response.ok ? await response.text() : "";
}

/** Waits for a note by that one which is newer than those there are. */
async function works(name: string): Promise<void> {
  const before = await note();
  await until(`${name} works`, patienceMs, async () => {
    const now = await note();
    return (now > before && now.endsWith(` ${name}`)) || undefined;
  });
}

/** Candidates in the race, the leader first. */
async function race(): Promise<readonly { readonly lease: string }[]> {
  const prefix = "election/cleaner";
  const range = { key: b(`${prefix}/`), range_end: b(`${prefix}0`), sort_target: "CREATE" };
  type Found = { readonly kvs?: readonly { readonly lease: string }[] };
  return (await deployment.call<Found>("kv/range", range)).kvs ?? [];
}

const inRace = (count: number) =>
  until(`${count} candidates`, patienceMs, async () => {
    const { length } = await race();
    if (length !== count) throw new Error(`there are ${length}`);
    return true;
  });

test("one of the candidates leads and works, and hands over when it is stopped", async () => {
  assert.equal((await deployment.fetch("/leader")).status, 404);
  await tell("weur", "start");
  const first = await leads(({ leader }) => leader === "weur");
  await tell("enam", "start");
  await inRace(2);
  await works("weur");
  assert.deepEqual(await leads(() => true), first);
  await tell("weur", "stop");
  const next = await leads(({ leader }) => leader === "enam");
  assert.ok(Number(next.since) > Number(first.since));
  await works("enam");
  await inRace(1);
});

test("who watches is told of each leader", async () => {
  const { body } = await deployment.fetch("/leaders");
  assert.ok(body);
  const lines = body.getReader();
  const next = async () => {
    const { value } = await lines.read();
    return JSON.parse(new TextDecoder().decode(value)) as Leader;
  };
  assert.equal((await next()).leader, "enam");
  await tell("weur", "start");
  await inRace(2);
  await tell("enam", "stop");
  assert.equal((await next()).leader, "weur");
  await lines.cancel();
});

test("a leader that is cut off is followed by another when its lease ends", async () => {
  const first = await leads(({ leader }) => leader === "weur");
  await tell("enam", "start");
  await inRace(2);
  const [leader] = await race();
  assert.ok(leader);
  cutOff.add(leader.lease);
  const next = await leads(({ since }) => since !== first.since);
  assert.equal(next.leader, "enam");
  await works("enam");
  // With another lease it stands again, behind the one that leads.
  await inRace(2);
  assert.deepEqual(await leads(() => true), next);
});

test("a leader that does not know that its lease has ended is refused by the store", async () => {
  const { since } = await leads(({ leader }) => leader === "enam");
  const [leader] = await race();
  // Until its lease's time is over, only the store can tell it.
  renewals = false;
  await deployment.call("lease/revoke", { ID: leader?.lease });
  const next = await leads((found) => found.since !== since);
  assert.equal(next.leader, "weur");
  const startMs = performance.now();
  const notes = new Set<string>();
  while (performance.now() - startMs < 2_500) notes.add(await note());
  renewals = true;
  // The first may be from before.
  const [, ...later] = [...notes];
  assert.ok(later.length > 0);
  assert.deepEqual(
    later.filter((one) => !one.endsWith(" weur")),
    [],
  );
  await inRace(2);
});

test("candidates that died go on by themselves when the lease has ended", async () => {
  const first = await leads(() => true);
  await deployment.restart();
  const next = await leads(({ since }) => since !== first.since);
  await works(next.leader);
  await inRace(2);
});
