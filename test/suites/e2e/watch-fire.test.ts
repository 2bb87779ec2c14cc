import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ApiCluster, b, prefix } from "../../unit/api/support/api.ts";
import { type Truth, Watching } from "./fire/watching.ts";
import { memberHeader } from "./seam/faults.ts";
import { DeployedCluster as Breakable } from "./support/cluster.ts";
import { long } from "./support/long.ts";
import { until } from "./support/until.ts";

const watchers = long ? 200 : 24;
const events = long ? 10_000 : 1_200;
const kills = long ? 10 : 5;
const writers = 16;
/** The kill before which a follower falls behind for good. */
const cutAt = 2;

/** Nobody writes to the watchers of a member that is cut off. */
const silenceMs = 300_000;

/** While there is something to be seen. */
const stallMs = 30_000;

const members = [1, 2, 3];
const watch = { key: b("w/"), ...prefix("w/"), start_revision: 1 };

let running: Breakable;
after(Breakable.stopAll);
before(async () => {
  const vars = { SNAPSHOT_COUNT: "200", SNAPSHOT_CATCH_UP_ENTRIES: "50" };
  running = await Breakable.breakable(vars);
  await running.voters(members);
});

/** Several clients that write until all is written, and what of it was acknowledged. */
class Writing {
  readonly #cluster: ApiCluster;
  /** `revision key value` of each put. */
  readonly acknowledged: string[] = [];
  begun = 0;
  #ended = false;
  readonly done: Promise<unknown>;

  constructor(cluster: ApiCluster) {
    this.#cluster = cluster;
    this.done = Promise.all(Array.from({ length: writers }, () => this.#run()));
    // Awaited at the end.
    this.done.catch(() => undefined);
  }

  /** All kills are over: it ends when there were events enough. */
  end(): void {
    this.#ended = true;
  }

  async #run(): Promise<void> {
    while (this.begun < events || !this.#ended) {
      this.begun += 1;
      await this.#write(this.begun);
    }
  }

  /** Until it is done; some are written twice, where the first time was not acknowledged. */
  async #write(i: number): Promise<void> {
    const key = (n: number) => b(`w/${n % 50}`);
    const put = { request_put: { key: key(i), value: b(`${i}`) } };
    const remove = { request_delete_range: { key: key(i + 1) } };
    const body = JSON.stringify({ success: i % 10 === 9 ? [put, remove] : [put] });
    for (;;) {
      const answer = await this.#cluster
        .request("POST", "/v3/kv/txn", body)
        .catch((error: unknown) => {
          if ((error as Error).name !== "TimeoutError") throw error;
          return undefined;
        });
      if (answer?.status === 200) {
        const { header } = JSON.parse(answer.text) as { header: { revision: string } };
        this.acknowledged.push(`${header.revision} PUT ${key(i)} ${b(`${i}`)}`);
        return;
      }
      assert.equal(answer?.status ?? 503, 503, answer?.text);
    }
  }
}

/** Cuts a follower off until the leader's log lacks what it needs, and lets it come back. */
async function fallBehind(leader: number, follower: number): Promise<void> {
  const { appliedIndex } = await running.member(follower);
  await running.break({ members: [follower], cutOff: true });
  await until("a compacted log", silenceMs, async () => {
    const { log } = await running.member(leader);
    return log.firstIndex > appliedIndex + 1 ? true : undefined;
  });
  await running.break({ members: [follower], cutOff: false });
  await until("a snapshot that is installed", silenceMs, async () => {
    const { log } = await running.member(follower);
    return log.firstIndex > appliedIndex + 1 ? true : undefined;
  });
  const { chunks } = await running.seam();
  assert.ok(chunks.some(({ to }) => to === follower));
}

/** Rejects when nobody has seen anything for long, and says who waits for what. */
async function stalls(all: readonly Watching[]): Promise<never> {
  for (let before = -1; ; ) {
    const seen = all.reduce((sum, one) => sum + one.seen, 0);
    if (seen === before) {
      const most = Math.max(...all.map((one) => one.seen));
      const late = all.filter((one) => one.seen < most);
      throw new Error(late.map((one) => `${one.seen} of ${most} by ${one.member}`).join(", "));
    }
    before = seen;
    await delay(stallMs, undefined, { ref: false });
  }
}

/** Revisions from the first to the last, with no gap. */
function contiguous(truth: Truth): boolean {
  const revisions = new Set(truth.map((name) => Number.parseInt(name, 10)));
  const [first = 0] = revisions;
  return [...revisions].every((revision, i) => revision === first + i);
}

test(`${watchers} watchers see ${events} events once and in order through ${kills} kills`, {
  timeout: 1_200_000,
}, async (t) => {
  const start = performance.now();
  const c = new ApiCluster(running.url, "default");
  const truth: Truth = [];
  // Most are spread by the front; some stay with one member, whatever becomes of it.
  const open = (member: number | undefined) => {
    const more: Record<string, string> = member ? { [memberHeader]: String(member) } : {};
    return new Watching(running.url, watch, c.headers(more), truth);
  };
  const pinned = members.map((member) => open(member));
  const all = [...pinned, ...Array.from({ length: watchers - 3 }, () => open(undefined))];
  for (const { created } of all) await created;

  const writing = new Writing(c);
  for (let kill = 0; kill < kills; kill += 1) {
    const goal = (events / kills) * kill;
    await until("writes", silenceMs, () => (writing.begun >= goal ? true : undefined));
    const leader = await running.leader();
    const follower = members.find((id) => id !== leader) ?? 1;
    if (kill === cutAt) {
      const { instances } = await running.seam();
      await fallBehind(leader, follower);
      const watcher = pinned[follower - 1];
      const { seen = 0 } = watcher ?? {};
      await until("events from that member", silenceMs, () => {
        return watcher && watcher.seen > seen && watcher.member === follower ? true : undefined;
      });
      const now = await running.seam();
      assert.equal(now.instances[follower], instances[follower], "it was not the same instance");
    }
    await running.break({ members: kill % 2 === 1 ? [leader, follower] : [leader], reset: true });
  }
  writing.end();
  await writing.done;
  const writtenMs = performance.now() - start;
  await running.level(members);
  // A last event, after which nothing is missing.
  await c.put("w/last", "x");
  const { header } = await c.get("w/last");
  const last = Number(header?.revision);
  await Promise.race([Promise.all(all.map((watcher) => watcher.reaches(last))), stalls(all)]);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  t.diagnostic(
    `written in ${seconds(writtenMs)} s, seen in ${seconds(performance.now() - start)} s`,
  );
  const messages = all.reduce((sum, one) => sum + one.messages, 0);
  t.diagnostic(`${truth.length * all.length} deliveries in ${messages} messages`);

  assert.ok(truth.length >= events, `${truth.length}`);
  assert.ok(contiguous(truth), "a revision is missing");
  const known = new Set(truth);
  assert.equal(known.size, truth.length);
  for (const name of writing.acknowledged) assert.ok(known.has(name), `${name} was not seen`);
  for (const { seen } of all) assert.equal(seen, truth.length);
  // What history says afterwards is the same.
  const replay = new Watching(running.url, watch, c.headers(), truth);
  await replay.reaches(last);
  assert.equal(replay.seen, truth.length);
});
