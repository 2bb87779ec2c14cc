/** examples/config, as deployed: changes arrive, also those that were made during a break. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Request, Response } from "miniflare";
import { until } from "../e2e/support/until.ts";
import { Deployment } from "./support/deployment.ts";

const patienceMs = 10_000;

/** The line from the example to the store, which can be cut. */
const line = {
  whole: true,
  /** What went over it: "list", or the revision after which changes were asked for. */
  asked: [] as string[],
  breaks: new AbortController(),
};

async function overTheLine(request: Request): Promise<Response> {
  if (!line.whole) return new Response("the line is cut", { status: 503 });
  line.asked.push(request.headers.get("last-event-id") ?? "list");
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const { signal } = line.breaks;
  const { status, body } = await deployment.askStore(pathname + search, { headers, signal });
  return new Response(body, { status });
}

function cut(): void {
  line.whole = false;
  line.breaks.abort();
  line.breaks = new AbortController();
}

let deployment: Deployment;
before(async () => {
  deployment = await Deployment.start("config", overTheLine);
});
after(() => deployment.stop());

async function put(name: string, value: string): Promise<string> {
  const response = await deployment.askStore(`/kv/config/${name}`, { method: "PUT", body: value });
  assert.equal(response.status, 200);
  return ((await response.json()) as { revision: string }).revision;
}

const remove = (name: string) => deployment.askStore(`/kv/config/${name}`, { method: "DELETE" });

/** The value, or the status of an answer that is none. */
async function get(name: string): Promise<string | number> {
  const response = await deployment.fetch(`/config/${name}`);
  const text = await response.text();
  return response.ok ? text : response.status;
}

const shows = (name: string, value: string | number) =>
  until(`${name} is ${value}`, patienceMs, async () => {
    const found = await get(name);
    if (found !== value) throw new Error(`it is ${found}`);
    return true;
  });

beforeEach(async () => {
  line.whole = true;
  await put("color", "red");
  await shows("color", "red");
  line.asked = [];
});

test("a change arrives without anybody asking the store", async () => {
  await put("color", "blue");
  await shows("color", "blue");
  await remove("color");
  await shows("color", 404);
  assert.deepEqual(line.asked, []);
});

test("what has not changed is answered by 304, and what has with its new tag", async () => {
  const etag = `"${await put("size", "10")}"`;
  await shows("size", "10");
  const headers = { "if-none-match": etag };
  assert.equal((await deployment.fetch("/config/size", { headers })).status, 304);
  const next = `"${await put("size", "11")}"`;
  await shows("size", "11");
  const answer = await deployment.fetch("/config/size", { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("etag"), next);
  const all = await deployment.fetch("/config/");
  assert.deepEqual(await all.json(), { color: "red", size: "11" });
  await remove("size");
});

test("after a break it goes on with the revision after the one seen last", async () => {
  const seen = await put("color", "green");
  await shows("color", "green");
  cut();
  await put("color", "white");
  await put("shape", "round");
  assert.equal(await get("color"), "green");
  line.whole = true;
  await shows("color", "white");
  await shows("shape", "round");
  assert.deepEqual(line.asked, [seen]);
});

test("what was deleted and compacted during a break is gone after it", async () => {
  await put("gone", "soon");
  await shows("gone", "soon");
  cut();
  await remove("gone");
  const revision = await put("color", "black");
  await deployment.call("kv/compaction", { revision });
  line.whole = true;
  await shows("color", "black");
  await shows("gone", 404);
  assert.ok(line.asked.includes("list"), String(line.asked));
});
