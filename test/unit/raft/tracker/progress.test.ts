import assert from "node:assert/strict";
import { test } from "node:test";
import { Inflights } from "../../../../src/raft/tracker/inflights.ts";
import { Progress, StateType } from "../../../../src/raft/tracker/progress.ts";

const { StateProbe, StateReplicate, StateSnapshot } = StateType;

interface Fields {
  readonly match?: number;
  readonly next: number;
  readonly state?: StateType;
  readonly size?: number;
}

function progress({ match = 0, next, state = StateProbe, size = 256 }: Fields): Progress {
  const pr = new Progress(1, next, new Inflights(size), { match });
  pr.state = state;
  return pr;
}

test("TestProgressString: every part that says something unusual is printed", () => {
  const inflights = new Inflights(1);
  inflights.add(123, 1);
  const pr = new Progress(7, 2, inflights, { match: 1, isLearner: true });
  pr.becomeSnapshot(123);
  inflights.add(123, 1);
  const expected =
    "StateSnapshot match=1 next=124 learner paused pendingSnap=123 inactive inflight=1[full]";
  assert.equal(String(pr), expected);
  pr.becomeReplicate();
  pr.recentActive = true;
  assert.equal(String(pr), "StateReplicate match=1 next=2 learner");
});

test("TestProgressIsPaused: a pause stops a probe and a stream, a snapshot stops always", () => {
  const cases = [
    [StateProbe, false, false],
    [StateProbe, true, true],
    [StateReplicate, false, false],
    [StateReplicate, true, true],
    [StateSnapshot, false, true],
    [StateSnapshot, true, true],
  ] as const;
  for (const [state, paused, expected] of cases) {
    const pr = progress({ next: 1, state });
    pr.msgAppFlowPaused = paused;
    assert.equal(pr.isPaused(), expected, `${state} ${paused}`);
  }
});

test("TestProgressResume: an acknowledgement or an accepted rejection ends the pause", () => {
  const pr = progress({ next: 2 });
  pr.msgAppFlowPaused = true;
  assert.equal(pr.maybeDecrTo(1, 1), true);
  assert.equal(pr.msgAppFlowPaused, false);
  pr.msgAppFlowPaused = true;
  assert.equal(pr.maybeUpdate(2), true);
  assert.equal(pr.msgAppFlowPaused, false);
});

test("TestProgressBecomeProbe: probing starts behind what is known to have arrived", () => {
  const snapshot = (pending: number): Progress => {
    const pr = progress({ match: 1, next: 5, state: StateSnapshot });
    pr.pendingSnapshot = pending;
    return pr;
  };
  const cases = [
    { pr: progress({ match: 1, next: 5, state: StateReplicate }), next: 2 },
    { pr: snapshot(10), next: 11 },
    // The snapshot failed: the pending index was cleared before.
    { pr: snapshot(0), next: 2 },
  ];
  for (const { pr, next } of cases) {
    pr.becomeProbe();
    assert.equal(pr.state, StateProbe);
    assert.equal(pr.match, 1);
    assert.equal(pr.next, next);
    assert.equal(pr.pendingSnapshot, 0);
  }
});

test("TestProgressBecomeReplicate: streaming starts right behind the match", () => {
  const pr = progress({ match: 1, next: 5 });
  pr.becomeReplicate();
  assert.equal(pr.state, StateReplicate);
  assert.equal(pr.match, 1);
  assert.equal(pr.next, 2);
});

test("TestProgressBecomeSnapshot: the index that is sent is pending, nothing else goes out", () => {
  for (const match of [5, 10, 11]) {
    const pr = progress({ match, next: match + 1 });
    pr.becomeSnapshot(10);
    assert.equal(pr.state, StateSnapshot);
    assert.equal(pr.match, match);
    assert.equal(pr.next, 11);
    assert.equal(pr.sentCommit, 10);
    assert.equal(pr.pendingSnapshot, 10);
  }
});

test("TestProgressUpdate: only a higher ack moves the match, and next with it", () => {
  const prevMatch = 3;
  const prevNext = 5;
  const cases = [
    { index: prevMatch - 1, match: prevMatch, next: prevNext, ok: false },
    { index: prevMatch, match: prevMatch, next: prevNext, ok: false },
    { index: prevMatch + 1, match: prevMatch + 1, next: prevNext, ok: true },
    { index: prevMatch + 2, match: prevMatch + 2, next: prevNext + 1, ok: true },
  ];
  for (const { index, match, next, ok } of cases) {
    const pr = progress({ match: prevMatch, next: prevNext });
    assert.equal(pr.maybeUpdate(index), ok);
    assert.equal(pr.match, match);
    assert.equal(pr.next, next);
  }
});

test("TestProgressMaybeDecr: a rejection moves next back, unless it is of an old message", () => {
  const cases = [
    // Streaming: what is at or below the match was accepted, its rejection is old.
    { state: StateReplicate, match: 5, next: 10, rejected: 5, hint: 5, ok: false, after: 10 },
    { state: StateReplicate, match: 5, next: 10, rejected: 4, hint: 4, ok: false, after: 10 },
    { state: StateReplicate, match: 5, next: 10, rejected: 9, hint: 9, ok: true, after: 6 },
    // Probing: only the one message that is out can be rejected.
    { state: StateProbe, match: 0, next: 0, rejected: 0, hint: 0, ok: false, after: 0 },
    { state: StateProbe, match: 0, next: 10, rejected: 5, hint: 5, ok: false, after: 10 },
    { state: StateProbe, match: 0, next: 10, rejected: 9, hint: 9, ok: true, after: 9 },
    { state: StateProbe, match: 0, next: 2, rejected: 1, hint: 1, ok: true, after: 1 },
    { state: StateProbe, match: 0, next: 1, rejected: 0, hint: 0, ok: true, after: 1 },
    { state: StateProbe, match: 0, next: 10, rejected: 9, hint: 2, ok: true, after: 3 },
    { state: StateProbe, match: 0, next: 10, rejected: 9, hint: 0, ok: true, after: 1 },
    // Never back to what is known to match.
    { state: StateProbe, match: 4, next: 6, rejected: 5, hint: 1, ok: true, after: 5 },
  ];
  for (const { state, match, next, rejected, hint, ok, after } of cases) {
    const pr = progress({ match, next: Math.max(next, 1), state });
    pr.next = next;
    assert.equal(pr.maybeDecrTo(rejected, hint), ok);
    assert.equal(pr.match, match);
    assert.equal(pr.next, after, `${state} ${match} ${next} ${rejected} ${hint}`);
  }
});

test("a stream pauses when its window is full and goes on with an acknowledgement", () => {
  const pr = progress({ match: 4, next: 5, state: StateReplicate, size: 2 });
  pr.sentEntries(3, 30);
  assert.equal(pr.next, 8);
  assert.equal(pr.isPaused(), false);
  pr.sentEntries(1, 10);
  assert.equal(pr.isPaused(), true);
  assert.deepEqual(pr.inflights.toArray(), [7, 8]);
  pr.inflights.freeLE(7);
  assert.equal(pr.maybeUpdate(7), true);
  assert.equal(pr.isPaused(), false);
  pr.sentEntries(0, 0);
  assert.deepEqual(pr.inflights.toArray(), [8], "a message without entries is not in flight");
});

test("a probe with entries pauses, one without does not, and a snapshot forbids both", () => {
  const pr = progress({ next: 1 });
  pr.sentEntries(0, 0);
  assert.equal(pr.isPaused(), false);
  pr.sentEntries(1, 10);
  assert.equal(pr.isPaused(), true);
  assert.equal(pr.next, 1, "a probe does not run ahead");
  pr.becomeSnapshot(3);
  assert.throws(() => pr.sentEntries(1, 10), /unhandled state StateSnapshot/);
});

test("a commit index is worth sending while it can move the follower's", () => {
  const pr = progress({ match: 4, next: 8, state: StateReplicate });
  assert.equal(pr.canBumpCommit(5), true);
  pr.setSentCommit(5);
  assert.equal(pr.canBumpCommit(5), false);
  assert.equal(pr.canBumpCommit(6), true);
  pr.setSentCommit(7);
  assert.equal(pr.canBumpCommit(9), false, "it knows all commits up to what it was sent");
  pr.maybeDecrTo(7, 5);
  assert.equal(pr.sentCommit, 4, "what was sent did not arrive");
});

test("the standing as learner changes in a copy with everything else as it was", () => {
  const pr = progress({ match: 4, next: 5, state: StateReplicate });
  pr.setSentCommit(3);
  pr.msgAppFlowPaused = true;
  pr.recentActive = true;
  const learner = pr.withLearner(true);
  assert.equal(pr.isLearner, false);
  assert.equal(String(learner), "StateReplicate match=4 next=5 learner paused");
  assert.equal(learner.sentCommit, 3);
  assert.equal(learner.withLearner(true), learner);
});

test("a progress whose match is not below next cannot be made", () => {
  assert.throws(() => progress({ match: 3, next: 3 }), /match 3 is not below next 3/);
});
