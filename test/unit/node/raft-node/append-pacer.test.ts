import assert from "node:assert/strict";
import { test } from "node:test";
import { AppendPacer } from "../../../../src/node/raft-node/append-pacer.ts";

test("where latency does not grow with what is in flight, four are allowed", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  for (let i = 0; i < 50; i++) {
    let sent = 0;
    while (pacer.waitMs(1, now) === 0) {
      pacer.sent(1, now);
      sent += 1;
    }
    assert.equal(sent, 4, `round ${i}`);
    now += 60;
    pacer.committed(4, 0, now);
  }
});

test("where it does grow, one at a time: batches are the better use of the machine", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  const inFlight: number[] = [];
  for (let i = 0; i < 100; i++) {
    let sent = 0;
    while (pacer.waitMs(1, now) === 0) {
      pacer.sent(1, now);
      sent += 1;
    }
    if (sent === 0) {
      now += pacer.waitMs(1, now);
      continue;
    }
    inFlight.push(sent);
    // Each append costs its time whatever else is under way.
    now += sent * (i === 0 ? 2 : 8);
    pacer.committed(sent, 0, now);
  }
  assert.ok(
    inFlight.slice(-20).every((count) => count === 1),
    inFlight.join(" "),
  );
});

test("the lowest latency is not believed for ever: a slower network is not queueing", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  const round = (latencyMs: number) => {
    let sent = 0;
    while (pacer.waitMs(1, now) === 0) {
      pacer.sent(1, now);
      sent += 1;
    }
    now += latencyMs;
    pacer.committed(sent, 0, now);
    return sent;
  };
  for (let i = 0; i < 10; i++) round(2);
  let last = 0;
  for (let i = 0; i < 400; i++) last = round(70);
  assert.equal(last, 4);
});

test("an append that is stuck does not hold up the others", () => {
  const pacer = new AppendPacer(4, 5);
  pacer.sent(1, 0);
  pacer.committed(1, 0, 1);
  for (let i = 1; i < 10; i++) {
    pacer.sent(1, i * 20);
    pacer.committed(1, 0, i * 20 + 15);
  }
  pacer.sent(1, 1_000);
  const waitMs = pacer.waitMs(1, 1_010);
  assert.ok(waitMs > 0 && waitMs < 100, `${waitMs} ms`);
  assert.equal(pacer.waitMs(1, 1_010 + waitMs - 1), 1);
  assert.equal(pacer.waitMs(1, 1_010 + waitMs), 0);
  assert.ok(pacer.waitMs(1, 10) <= waitMs + 10, "whatever the clock says");
});

test("where a commit comes sooner than proposals gather, it is worth waiting for", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  for (let i = 0; i < 50; i++) {
    pacer.sent(1, now);
    now += 2;
    pacer.committed(1, 0, now);
  }
  pacer.sent(1, now);
  assert.notEqual(pacer.waitMs(1, now + 1), 0);
});

test("a clock that jumps back says nothing", () => {
  const pacer = new AppendPacer(4, 5);
  pacer.sent(1, 1_000);
  pacer.committed(1, 0, 10);
  pacer.sent(1, 10);
  assert.equal(pacer.waitMs(1, 10), 0);
});

/** Where appends of so many proposals take 4 ms each, after one that took 1 ms. */
function queueing(proposals: number): { pacer: AppendPacer; now: number } {
  const pacer = new AppendPacer(4, 5);
  pacer.sent(1, 0);
  pacer.committed(1, 0, 1);
  let now = 1;
  for (let i = 0; i < 30; i++) {
    pacer.sent(proposals, now);
    now += 4;
    pacer.committed(1, 0, now);
  }
  return { pacer, now };
}

test("where appends queue, a batch waits for most of those whom the last commit answered", () => {
  const { pacer, now } = queueing(20);
  assert.equal(pacer.limit, 1);
  assert.ok(pacer.waitMs(1, now) > 0);
  assert.ok(pacer.waitMs(14, now) > 0);
  assert.equal(pacer.waitMs(15, now), 0);
});

test("it waits no longer than two commits take, and not after a pause", () => {
  const { pacer, now } = queueing(20);
  assert.equal(pacer.waitMs(1, now), 8);
  assert.equal(pacer.waitMs(1, now + 3), 5);
  assert.equal(pacer.waitMs(1, now + 8), 0);
  assert.equal(pacer.waitMs(1, now + 1_000), 0);
  assert.equal(pacer.waitMs(1, now - 1_000), 8, "whatever the clock says");
});

test("who is alone never waits, and those who left are forgotten", () => {
  const alone = queueing(1);
  assert.equal(alone.pacer.limit, 1);
  assert.equal(alone.pacer.waitMs(1, alone.now), 0);
  const { pacer, now } = queueing(20);
  let left = 0;
  for (let at = now; pacer.waitMs(1, at) > 0; left++) {
    at += 8;
    pacer.sent(1, at);
    at += 4;
    pacer.committed(1, 0, at);
  }
  assert.ok(left > 3 && left < 12, `${left} commits`);
});

test("where appends do not queue nobody waits for others", () => {
  const pacer = new AppendPacer(4, 5);
  for (let now = 0; now < 100; now += 2) {
    pacer.sent(20, now);
    pacer.committed(1, 0, now + 2);
    assert.equal(pacer.waitMs(1, now + 2), 0);
  }
});
