import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster as Breakable } from "../../e2e/support/cluster.ts";
import { until } from "../../e2e/support/until.ts";
import { b, Cluster, prefix, type Stream, text } from "../support/api.ts";

// The long form: WATCHERS=200 EVENTS=10000 KILLS=10.
const watchers = Number(process.env.WATCHERS ?? 24);
const events = Number(process.env.EVENTS ?? 1_200);
const kills = Number(process.env.KILLS ?? 5);

/** Nobody writes to the watchers of a member that is cut off. */
const silenceMs = 300_000;

const members = [1, 2, 3];

let running: Breakable;
after(Breakable.stopAll);
before(async () => {
  const vars = { SNAPSHOT_COUNT: "200", SNAPSHOT_CATCH_UP_ENTRIES: "50" };
  running = await Breakable.breakable(vars);
  await running.voters(members);
});

/** Every event up to a revision, each as `revision key value`. */
async function collect(stream: Stream, last: Promise<number>): Promise<string[]> {
  const seen: string[] = [];
  let upTo = Number.POSITIVE_INFINITY;
  void last.then((revision) => {
    upTo = revision;
  });
  let reached = 0;
  while (reached < upTo) {
    const { events: some } = await stream.next(silenceMs);
    for (const { type, kv } of some ?? []) {
      seen.push([kv.mod_revision, type ?? "PUT", text(kv.key), text(kv.value)].join(" "));
      reached = Number(kv.mod_revision);
    }
  }
  return seen;
}

/** Writes until all is done; some twice, where the first time was not acknowledged. */
async function write(c: Cluster, i: number): Promise<void> {
  const key = (n: number) => b(`w/${n % 50}`);
  const put = { request_put: { key: key(i), value: b(`${i}`) } };
  const remove = { request_delete_range: { key: key(i + 1) } };
  const body = JSON.stringify({ success: i % 10 === 9 ? [put, remove] : [put] });
  for (;;) {
    const answer = await c.request("POST", "/v3/kv/txn", body).catch((error: unknown) => {
      if ((error as Error).name !== "TimeoutError") throw error;
      return undefined;
    });
    if (answer?.status === 200) return;
    assert.equal(answer?.status ?? 503, 503, answer?.text);
  }
}

/** Cuts a follower off until the leader's log no longer has what it needs. */
async function fallBehind(leader: number, follower: number): Promise<void> {
  const { appliedIndex } = await running.member(follower);
  await running.break({ members: [follower], cutOff: true });
  await until("a compacted log", silenceMs, async () => {
    const { log } = await running.member(leader);
    return log.firstIndex > appliedIndex + 1 ? true : undefined;
  });
  await running.break({ members: [follower], cutOff: false, reset: true });
}

test("every watcher sees every event once and in order, whatever becomes of the members", {
  timeout: 1_200_000,
}, async () => {
  const c = new Cluster(running.url, "default");
  const watch = { key: b("w/"), ...prefix("w/"), start_revision: 1 };
  const streams = Array.from({ length: watchers }, () => c.watch({ create_request: watch }));
  for (const stream of streams) assert.equal((await stream.next()).created, true);
  let finish: (revision: number) => void = () => undefined;
  const last = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const collected = Promise.all(streams.map((stream) => collect(stream, last)));
  // Awaited at the end; until then a failure is none that nobody handles.
  collected.catch(() => undefined);
  let written = 0;
  let struck = 0;
  const writing = Promise.all(
    [0, 1, 2, 3].map(async () => {
      while (written < events || struck < kills) {
        written += 1;
        await write(c, written);
      }
    }),
  );
  // Leaders restart, and once a follower falls so far behind that a snapshot brings it back.
  for (; struck < kills; struck += 1) {
    const leader = await running.leader();
    const follower = members.find((id) => id !== leader) ?? 1;
    if (struck === 1) await fallBehind(leader, follower);
    else await running.break({ members: [leader], reset: true });
    const before = written;
    await until("writes", silenceMs, () => (written >= before + 20 ? true : undefined));
  }
  await writing;
  await running.level(members);
  // A last event, after which nothing is missing.
  await c.put("w/last", "x");
  const { header } = await c.get("w/last");
  finish(Number(header?.revision));
  const [first = [], ...others] = await collected;
  for (const stream of streams) stream.close();
  using replay = c.watch({ create_request: watch });
  await replay.next();
  const truth = await collect(replay, last);
  assert.ok(truth.length >= events, `${truth.length}`);
  assert.equal(new Set(truth).size, truth.length);
  for (const seen of [first, ...others]) assert.deepEqual(seen, truth);
});
