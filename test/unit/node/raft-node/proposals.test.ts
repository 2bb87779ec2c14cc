import assert from "node:assert/strict";
import { test } from "node:test";
import { Proposals } from "../../../../src/node/raft-node/proposals.ts";
import { defaultTuning, type Tuning } from "../../../../src/node/world/tuning.ts";
import type { Reason } from "../../../../src/rpc/answers.ts";
import { ManualTimers } from "../support/timers.ts";

const header = {
  clusterId: 1n,
  memberId: 1,
  revision: 1,
  raftTerm: 2,
  appliedIndex: 0,
  leader: 1,
};

/** A leader's log that takes what is proposed. */
function leader(tuning: Partial<Tuning> = {}) {
  const timers = new ManualTimers();
  const log: string[][] = [];
  const state = { open: true, full: false, last: 10, term: 2 };
  const sink = {
    get open() {
      return state.open;
    },
    propose(data: readonly Uint8Array[]) {
      if (state.full) return undefined;
      const index = state.last + 1;
      state.last += data.length;
      log.push(data.map((bytes) => new TextDecoder().decode(bytes)));
      return { index, term: state.term };
    },
  };
  // The turn that a timer is ends with a flush.
  const inTurns = {
    start: (callback: () => void, delayMs: number) =>
      timers.start(() => {
        callback();
        proposals.flush();
      }, delayMs),
  };
  const clock = { timers: inTurns, now: () => timers.nowMs };
  const proposals: Proposals<string> = new Proposals({ ...defaultTuning, ...tuning }, clock, sink);
  const answers: string[] = [];
  const describe = (reason: Reason) => {
    const outcome = reason(header);
    return outcome.kind === "redirect" ? "redirect" : `${outcome.kind} ${outcome.message}`;
  };
  const add = (name: string, size = name.length, deadlineTick = 100) => {
    const data = new Uint8Array(size);
    data.set(new TextEncoder().encode(name));
    proposals.add({
      data,
      deadlineTick,
      applied: (result) => answers.push(`${name}: ${result}`),
      failed: (reason) => answers.push(`${name}: ${describe(reason)}`),
    });
  };
  return { timers, log, state, proposals, answers, add };
}

test("with nothing in flight a proposal goes out at once", () => {
  const { log, proposals, add } = leader();
  add("a");
  proposals.flush();
  assert.deepEqual(log, [["a"]]);
});

test("while an append is in flight, proposals gather and go out when it commits", () => {
  const { log, state, proposals, add } = leader();
  add("a");
  proposals.flush();
  for (const name of ["b", "c", "d"]) {
    add(name);
    proposals.flush();
  }
  assert.deepEqual(log, [["a"]]);
  proposals.committed(state.last);
  proposals.flush();
  assert.deepEqual(log, [["a"], ["b", "c", "d"]]);
});

test("a proposal waits at most 5 ms for an append in flight", () => {
  const { timers, log, proposals, add } = leader();
  add("a");
  proposals.flush();
  add("b");
  proposals.flush();
  timers.advance(4);
  assert.equal(log.length, 1);
  timers.advance(1);
  assert.deepEqual(log, [["a"], ["b"]]);
});

test("at most four appends are in flight", () => {
  const { timers, log, proposals, add } = leader();
  for (let i = 0; i < 8; i++) {
    add(`p${i}`);
    proposals.flush();
    timers.advance(5);
  }
  assert.deepEqual(log, [["p0"], ["p1"], ["p2"], ["p3"]]);
  assert.equal(timers.pending, 0, "only a commit helps");
  proposals.committed(11);
  proposals.flush();
  assert.deepEqual(log.at(-1), ["p4", "p5", "p6", "p7"]);
});

test("where appends queue, the first after a commit waits for others, but not long", () => {
  const { timers, log, state, proposals, add } = leader();
  const settled = (afterMs: number) => {
    timers.advance(afterMs);
    proposals.committed(state.last);
    proposals.flush();
  };
  for (let i = 0; i < 40; i++) {
    for (let client = 0; client < 20; client++) add(`${i}/${client}`);
    proposals.flush();
    settled(i === 0 ? 1 : 4);
  }
  log.length = 0;
  add("first");
  proposals.flush();
  assert.equal(log.length, 0, "not alone");
  for (let i = 1; i < 15; i++) add(`after ${i}`);
  proposals.flush();
  const sizes = () => log.map((batch) => batch.length);
  assert.deepEqual(sizes(), [15]);
  // While this append is in flight a timer waits for it to be stuck: it must not hold up the next.
  add("last");
  proposals.flush();
  settled(4);
  timers.advance(7);
  assert.deepEqual(sizes(), [15]);
  timers.advance(1);
  assert.deepEqual(sizes(), [15, 1]);
});

test("an append is as large as one message at most", () => {
  const { log, state, proposals, add } = leader({ maxMessageBytes: 100 });
  add("first");
  proposals.flush();
  for (let i = 0; i < 5; i++) add(`p${i}`, 40);
  proposals.committed(state.last);
  proposals.flush();
  assert.deepEqual(
    log.map((batch) => batch.length),
    [1, 2],
  );
});

test('beyond 1,024 gathered proposals clients hear etcd\'s "too many requests"', () => {
  const { proposals, answers, add } = leader();
  add("first");
  proposals.flush();
  for (let i = 0; i < 1_024; i++) add(`p${i}`);
  assert.deepEqual(answers, []);
  add("one more");
  assert.deepEqual(answers, ["one more: error etcdserver: too many requests"]);
});

test("beyond 4 MB gathered likewise", () => {
  const { proposals, answers, add } = leader();
  add("first");
  proposals.flush();
  for (let i = 0; i < 4; i++) add(`p${i}`, 1 << 20);
  assert.deepEqual(answers, []);
  add("x", 1);
  assert.deepEqual(answers, ["x: error etcdserver: too many requests"]);
});

test("a client is answered when its entry is applied", () => {
  const { proposals, answers, add } = leader();
  add("a");
  add("b");
  proposals.flush();
  assert.equal(
    proposals.applied(11, 2, () => "eleven"),
    true,
  );
  assert.equal(
    proposals.applied(12, 2, () => "twelve"),
    true,
  );
  assert.equal(
    proposals.applied(13, 2, () => assert.fail("nobody waits")),
    false,
  );
  assert.deepEqual(answers, ["a: eleven", "b: twelve"]);
});

test("when leadership is lost, what was not proposed fails definitely, the rest is unknown", () => {
  const { state, proposals, answers, add } = leader();
  add("proposed");
  proposals.flush();
  add("gathered");
  state.open = false;
  proposals.leadershipLost();
  assert.deepEqual(answers, [
    "gathered: redirect",
    "proposed: unknown etcdserver: request timed out, possibly due to previous leader failure",
  ]);
  assert.equal(proposals.waiting, 0);
});

test("where another leader's entry takes the index, the outcome is unknown", () => {
  const { proposals, answers, add } = leader();
  add("a");
  proposals.flush();
  proposals.applied(11, 3, () => assert.fail("it is not the client's entry"));
  assert.match(answers[0] ?? "", /^a: unknown/);
});

test("a follower takes no proposals", () => {
  const { log, state, proposals, answers, add } = leader();
  state.open = false;
  add("a");
  proposals.flush();
  assert.deepEqual(answers, ["a: redirect"]);
  assert.deepEqual(log, []);
});

test("what raft drops waits for a commit where one can come, else it fails definitely", () => {
  const { log, state, proposals, answers, add } = leader();
  add("a");
  proposals.flush();
  state.full = true;
  add("b");
  proposals.committed(0);
  proposals.flush();
  state.full = false;
  proposals.committed(state.last);
  proposals.flush();
  assert.deepEqual(log, [["a"], ["b"]]);
  proposals.committed(state.last);
  state.full = true;
  add("c");
  proposals.flush();
  assert.deepEqual(answers, ["c: error etcdserver: too many requests"]);
});

test("past its deadline a proposed entry is unknown, and a gathered one is not", () => {
  const { proposals, answers, add } = leader();
  add("proposed", 8, 5);
  proposals.flush();
  add("gathered", 8, 5);
  proposals.tick(4);
  assert.deepEqual(answers, []);
  proposals.tick(5);
  assert.deepEqual(answers, [
    "gathered: error etcdserver: too many requests",
    "proposed: unknown etcdserver: request timed out",
  ]);
});
