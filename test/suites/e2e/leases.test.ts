import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiCluster, b, fromB64, prefix } from "../../unit/api/support/api.ts";
import { DeployedCluster as Breakable } from "./support/cluster.ts";
import { long } from "./support/long.ts";
import { until } from "./support/until.ts";

const members = [1, 2, 3];
/** By how much a lease may outlive its time while one member leads. */
const lateMs = 2_000;

let running: Breakable;
let c: ApiCluster;
after(Breakable.stopAll);
before(async () => {
  running = await Breakable.breakable();
  c = new ApiCluster(running.url, "default");
  await running.voters(members);
});

/** When a lease may end at the earliest, and when it must have ended, by `performance.now()`. */
interface Bounds {
  earliest: number;
  latest: number;
}

/** The bounds of a lease whose time begins somewhere within that request. */
async function begins(ttlSeconds: number, request: () => Promise<unknown>): Promise<Bounds> {
  const sent = performance.now();
  await request();
  return {
    earliest: sent + ttlSeconds * 1_000,
    latest: performance.now() + ttlSeconds * 1_000 + lateMs,
  };
}

async function grant(name: string, ttl: number): Promise<{ id: string; bounds: Bounds }> {
  let id = "";
  const bounds = await begins(ttl, async () => {
    ({ ID: id } = await c.call("lease/grant", { TTL: ttl }));
  });
  await c.put(name, "x", { lease: id });
  return { id, bounds };
}

async function keepAlive(id: string): Promise<void> {
  const answer = await c.request("POST", "/v3/lease/keepalive", JSON.stringify({ ID: id }));
  assert.ok(JSON.parse(answer.text).result.TTL, answer.text);
}

/** When the keys of a prefix are deleted, as a watch tells it. */
class Deletions {
  readonly #at = new Map<string, number>();
  readonly #stream: ReturnType<ApiCluster["watch"]>;

  constructor(from: string, revision: number) {
    const create = { key: b(from), ...prefix(from), start_revision: revision, filters: ["NOPUT"] };
    this.#stream = c.watch({ create_request: create });
  }

  /** How early and how late each was, in ms; negative: as it should be. */
  async against(expected: ReadonlyMap<string, Bounds>): Promise<{ early: number; late: number }> {
    while (this.#at.size < expected.size) {
      const { events = [] } = await this.#stream.next(120_000);
      for (const { kv } of events) this.#at.set(fromB64(kv.key), performance.now());
    }
    const found = { early: Number.NEGATIVE_INFINITY, late: Number.NEGATIVE_INFINITY };
    for (const [name, { earliest, latest }] of expected) {
      const at = this.#at.get(name) ?? 0;
      found.early = Math.max(found.early, earliest - at);
      found.late = Math.max(found.late, at - latest);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#stream.close();
  }
}

const nextRevision = async () => Number((await c.get("any")).header?.revision) + 1;

test("leases end never early, and at most 2 s late under one leader", async (t) => {
  using deletions = new Deletions("once/", await nextRevision());
  const expected = new Map<string, Bounds>();
  const count = long ? 120 : 15;
  for (let i = 0; i < count; i += 1) {
    const name = `once/${i}`;
    const { id, bounds } = await grant(name, 2 + (i % 5));
    expected.set(name, bounds);
    // Some are renewed once: their time begins anew.
    if (i % 3 === 0) expected.set(name, await begins(2 + (i % 5), () => keepAlive(id)));
  }
  const { early, late } = await deletions.against(expected);
  const latest = Math.round(late + lateMs);
  t.diagnostic(`${count} leases, ${Math.round(-early)} ms late at least and ${latest} at most`);
  assert.ok(early <= 0, `${early} ms early`);
  // Beside other tests it says more of the machine.
  if (long) assert.ok(late <= 0, `${latest} ms late`);
});

test("a leader that goes takes no lease's time with it", async (t) => {
  using deletions = new Deletions("kept/", await nextRevision());
  const expected = new Map<string, Bounds>();
  for (let i = 0; i < 20; i += 1) {
    const { bounds } = await grant(`kept/${i}`, 3 + (i % 4));
    expected.set(`kept/${i}`, bounds);
  }
  const leader = await running.leader();
  await running.break({ members: [leader], reset: true });
  const { early } = await deletions.against(expected);
  t.diagnostic(`${Math.round(-early)} ms late at least`);
  assert.ok(early <= 0, `${early} ms early`);
  await until("no leases", 30_000, async () => {
    const { leases = [] } = await c.call("lease/leases");
    return leases.length === 0 ? true : undefined;
  });
});

test("a lease that is kept alive outlives its leaders", async () => {
  const { id } = await grant("alive/a", 3);
  for (let i = 0; i < (long ? 6 : 2); i += 1) {
    await running.break({ members: [await running.leader()], reset: true });
    // Whoever leads next begins its time anew; asked again, it says that there is some.
    await until("a lease that is alive", 20_000, async () => {
      await keepAlive(id);
      return true;
    });
  }
  assert.equal(await c.value("alive/a"), "x");
  await c.call("lease/revoke", { ID: id });
  assert.equal(await c.value("alive/a"), undefined);
});
