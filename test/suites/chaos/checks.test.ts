import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkHistories } from "../sim/check/histories.ts";
import type { TxnInput } from "../sim/check/kv-model.ts";
import { type SeenEvent, WatchLog } from "../sim/check/watch.ts";
import { type Answered, History } from "../sim/clients/history.ts";
import { RealTime } from "./clients/real-time.ts";
import { kindsOf, planRound } from "./faults/plan.ts";
import { memberPaths, parseMemberPath } from "./worker/paths.ts";

const never = Number.POSITIVE_INFINITY;

const puts = (value: string): TxnInput => ({
  compares: [],
  success: [{ kind: "put", key: "f0/0", value }],
  failure: [],
});
const gets: TxnInput = { compares: [], success: [{ kind: "get", key: "f0/0" }], failure: [] };

type Times = readonly [callAt: number, returnAt: number];

/** What clients of one key saw. */
class Seen {
  readonly history = new History();
  readonly log = new WatchLog();
  readonly #problems: string[] = [];

  #answer(times: Times, name: string, input: TxnInput, more: Partial<Answered>): this {
    const [callAt, returnAt] = times;
    const output = { succeeded: true, revision: 0, found: [undefined] };
    const asked = { name, client: "c", reading: "linearizable", writes: false } as const;
    const answer = { ...asked, input, output, callAt, returnAt, by: "m1.a", ...more };
    this.history.answered("f0", answer);
    return this;
  }

  put(times: Times, value: string, revision: number): this {
    const output = { succeeded: true, revision, found: [undefined] };
    return this.#answer(times, `put ${value}`, puts(value), { output, writes: true });
  }

  lost(callAt: number, value: string): this {
    this.history.unknown("f0", `put ${value}`, callAt, puts(value));
    return this;
  }

  refused(value: string): this {
    this.history.failed(`put ${value}`, puts(value));
    return this;
  }

  get(times: Times, value: string, modRevision: number, more: Partial<Answered> = {}): this {
    const output = { succeeded: true, revision: modRevision, found: [{ value, modRevision }] };
    return this.#answer(times, `get ${value}`, gets, { output, ...more });
  }

  events(...events: [value: string, revision: number][]): this {
    const seen = events.map(([value, revision]): SeenEvent => {
      return { key: "f0/0", revision, value, previous: undefined };
    });
    const problem = this.log.received(seen, events.at(-1)?.[1] ?? 0);
    if (problem !== undefined) this.#problems.push(problem);
    return this;
  }

  /** The checks that find something. */
  get found(): string[] {
    const world = new RealTime("checks");
    const watched = { name: "w1", log: this.log, watches: () => true, watchesAll: true };
    checkHistories(world, { history: this.history, watchLogs: [watched] });
    const found = world.violations.map(({ check }) => check);
    return [...new Set([...found, ...(this.#problems.length > 0 ? ["watch"] : [])])].sort();
  }
}

const seen = () => new Seen().put([0, 1], "a", 2).put([2, 3], "b", 3);

test("what a store that is right shows is found right", () => {
  const right = seen().get([4, 5], "b", 3).lost(6, "c").refused("d").get([7, 8], "c", 4);
  assert.deepEqual(right.events(["a", 2], ["b", 3]).events(["c", 4]).found, []);
});

test("a read of what was overwritten before it began is found", () => {
  const stale = seen().get([4, 5], "a", 2, { by: "m2.b" });
  assert.deepEqual(stale.found, ["linearizability", "real time"]);
});

test("a serializable read may be old, but not older than one of the same instance before", () => {
  const serializable = { reading: "serializable" } as const;
  const old = seen().get([4, 5], "a", 2, { ...serializable, by: "m2.b" });
  assert.deepEqual(old.found, []);
  assert.deepEqual(seen().get([4, 5], "a", 2, serializable).found, ["serializable"]);
});

test("an acknowledged write that no watcher ever sees is found", () => {
  assert.deepEqual(seen().events(["a", 2], ["x", 3]).found, ["answers"]);
});

test("two writes that share a revision are found", () => {
  const twice = new Seen().put([0, 5], "a", 2).put([0, 5], "b", 2);
  assert.ok(twice.found.includes("revisions"));
});

test("a write of unknown outcome that took effect twice is found", () => {
  const twice = seen().lost(4, "c").events(["a", 2], ["b", 3], ["c", 4], ["c", 5]);
  assert.deepEqual(twice.found, ["once"]);
});

test("a write that was refused and took effect is found", () => {
  assert.deepEqual(seen().refused("c").events(["a", 2], ["b", 3], ["c", 4]).found, ["once"]);
});

test("a gap in what a watcher saw is found, and an event that comes again", () => {
  assert.ok(seen().events(["a", 2]).events(["c", 4]).found.includes("watch"));
  assert.ok(seen().events(["a", 2], ["b", 3]).events(["b", 3]).found.includes("watch"));
});

test("a read of a write before that write was called is found", () => {
  const early = seen().get([4, 5], "c", 4);
  early.history.unknown("f0", "put c", 6, puts("c"));
  assert.deepEqual(early.found, ["linearizability"]);
  assert.equal(early.history.families.get("f0")?.at(-1)?.returnAt, never);
});

test("one seed gives one schedule of faults, in which no kind is missing", () => {
  for (const layout of ["together", "apart"] as const) {
    const pace = { everyMs: 1_000, lastsMs: 1_000 };
    const plan = () => planRound(new RealTime("seed 1").random, layout, 20_000, pace);
    assert.deepEqual(plan(), plan());
    assert.deepEqual(new Set(plan().map(({ kind }) => kind)), new Set(kindsOf(layout)));
  }
});

test("nothing of the seam between processes is in the bundle that is deployed", () => {
  const bundle = (name: string) =>
    readFileSync(join(import.meta.dirname, `../../../dist/${name}/worker.js`), "utf8");
  const path = memberPaths.status(1);
  assert.deepEqual(parseMemberPath(path), { id: 1, what: "status", method: "" });
  const [, mark = ""] = path.split("/");
  assert.ok(bundle("chaos").includes(mark));
  assert.ok(!bundle("worker").includes(mark));
});
