import assert from "node:assert/strict";
import { test } from "node:test";
import { AppendPacer } from "../../src/node/client/append-pacer.ts";

test("where latency does not grow with what is in flight, four are allowed", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  for (let i = 0; i < 50; i++) {
    let sent = 0;
    while (pacer.waitMs(now) === 0) {
      pacer.sent(now);
      sent += 1;
    }
    assert.equal(sent, 4, `round ${i}`);
    now += 60;
    pacer.committed(4, now);
  }
});

test("where it does grow, one at a time: batches are the better use of the machine", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  const inFlight: number[] = [];
  for (let i = 0; i < 50; i++) {
    let sent = 0;
    while (pacer.waitMs(now) === 0) {
      pacer.sent(now);
      sent += 1;
    }
    inFlight.push(sent);
    // Each append costs its time whatever else is under way.
    now += sent * (i === 0 ? 2 : 8);
    pacer.committed(sent, now);
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
    while (pacer.waitMs(now) === 0) {
      pacer.sent(now);
      sent += 1;
    }
    now += latencyMs;
    pacer.committed(sent, now);
    return sent;
  };
  for (let i = 0; i < 10; i++) round(2);
  let last = 0;
  for (let i = 0; i < 400; i++) last = round(70);
  assert.equal(last, 4);
});

test("an append that is stuck does not hold up the others", () => {
  const pacer = new AppendPacer(4, 5);
  pacer.sent(0);
  pacer.committed(1, 1);
  for (let i = 1; i < 10; i++) {
    pacer.sent(i * 20);
    pacer.committed(1, i * 20 + 15);
  }
  pacer.sent(1_000);
  const waitMs = pacer.waitMs(1_010);
  assert.ok(waitMs > 0 && waitMs < 100, `${waitMs} ms`);
  assert.equal(pacer.waitMs(1_010 + waitMs - 1), 1);
  assert.equal(pacer.waitMs(1_010 + waitMs), 0);
  assert.ok(pacer.waitMs(10) <= waitMs + 10, "whatever the clock says");
});

test("where a commit comes sooner than proposals gather, it is worth waiting for", () => {
  const pacer = new AppendPacer(4, 5);
  let now = 0;
  for (let i = 0; i < 50; i++) {
    pacer.sent(now);
    now += 2;
    pacer.committed(1, now);
  }
  pacer.sent(now);
  assert.notEqual(pacer.waitMs(now + 1), 0);
});

test("a clock that jumps back says nothing", () => {
  const pacer = new AppendPacer(4, 5);
  pacer.sent(1_000);
  pacer.committed(1, 10);
  pacer.sent(10);
  assert.equal(pacer.waitMs(10), 0);
});
