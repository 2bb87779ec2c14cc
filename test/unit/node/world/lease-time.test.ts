import assert from "node:assert/strict";
import { test } from "node:test";
import { LeaseTime } from "../../../../src/node/world/lease-time.ts";

const tickMs = 100;

function timeAt(startMs: number) {
  const clock = { ms: startMs };
  const time = new LeaseTime(() => clock.ms, tickMs);
  const tick = (byMs: number): number => {
    clock.ms += byMs;
    const before = time.nowMs;
    time.tick();
    return time.nowMs - before;
  };
  return { time, tick };
}

test("a tick that is a little late is worth what the clock says", () => {
  const { tick } = timeAt(1_000);
  assert.equal(tick(100), 100);
  assert.equal(tick(130), 130);
});

test("a clock that jumps, in either direction, is worth one tick", () => {
  const { tick } = timeAt(1_000_000);
  assert.equal(tick(60_000), 100);
  assert.equal(tick(-60_000), 100);
  assert.equal(tick(100), 100);
});

test("a clock that stands still does not stop the time", () => {
  const { time, tick } = timeAt(5);
  for (let i = 0; i < 50; i++) tick(0);
  assert.equal(time.nowMs, 5_000);
});

test("what is certain lags by the tick that was under way and one that was late", () => {
  const { time, tick } = timeAt(0);
  for (let i = 0; i < 10; i++) tick(100);
  assert.equal(time.certainMs, time.nowMs - 2 * tickMs);
});
