import assert from "node:assert/strict";
import { test } from "node:test";
import { Ticker } from "../../../../src/node/world/ticker.ts";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import { ManualTimers } from "../support/timers.ts";

function world(initialAlarm?: number) {
  const timers = new ManualTimers();
  const sets: number[] = [];
  const state = { alarm: initialAlarm, ticks: 0, offsetMs: 0, fails: false };
  const environment = {
    now: () => timers.nowMs + state.offsetMs,
    timers,
    alarm: {
      get: () => (state.fails ? Promise.reject(new Error("lost")) : Promise.resolve(state.alarm)),
      set: (atMs: number) => {
        state.alarm = atMs;
        sets.push(atMs);
      },
      clear: () => {
        state.alarm = undefined;
      },
    },
  };
  const ticker = new Ticker(environment, defaultTuning, () => {
    state.ticks += 1;
  });
  return { timers, sets, state, ticker };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the chain ticks every 100 ms", async () => {
  const { timers, state, ticker } = world();
  ticker.ensure();
  await settled();
  timers.advance(1_000);
  assert.equal(state.ticks, 10);
});

test("the alarm is pushed 20 s ahead, about once in 20 s, and only ever later", async () => {
  const { timers, sets, ticker } = world();
  ticker.ensure();
  await settled();
  assert.deepEqual(sets, [20_000]);
  timers.advance(100_000);
  assert.equal(sets.length, 6);
  assert.deepEqual(ticker.counters, { alarmsSet: 6, alarmsFired: 0 });
  assert.deepEqual(
    sets,
    [...sets].sort((a, b) => a - b),
  );
});

test("an alarm that is set already is left alone", async () => {
  const { timers, sets, ticker } = world(15_000);
  ticker.ensure();
  await settled();
  timers.advance(13_000);
  assert.deepEqual(sets, []);
  timers.advance(1_500);
  assert.equal(sets.length, 1);
});

test("a missing alarm is set again by whoever wakes the member, also if asking fails", async () => {
  const { sets, state, ticker } = world();
  state.fails = true;
  ticker.ensure();
  await settled();
  assert.deepEqual(sets, [20_000]);
});

test("the alarm starts a chain that something has killed", async () => {
  const { timers, state, ticker } = world();
  ticker.alarmFired();
  await settled();
  assert.equal(state.alarm, 20_000);
  timers.advance(500);
  assert.equal(state.ticks, 5);
});

test("ticks that were missed are not made up for", async () => {
  const { timers, state, ticker } = world();
  ticker.ensure();
  await settled();
  timers.advance(100);
  state.offsetMs += 60_000;
  timers.advance(100);
  assert.equal(state.ticks, 2);
});

test("a tick that comes late leaves the next one where it was due", async () => {
  for (const [lateMs, nextInMs] of [
    [30, 70],
    [99, 1],
    [100, 100],
    [250, 50],
    [-5_000, 100],
  ] as const) {
    const { timers, state, ticker } = world();
    ticker.ensure();
    await settled();
    timers.advance(99);
    // The clock goes on, or is set, and the timer fires only then.
    state.offsetMs += lateMs;
    timers.advance(1);
    assert.equal(state.ticks, 1, `${lateMs} ms late`);
    timers.advance(nextInMs - 1);
    assert.equal(state.ticks, 1, `${lateMs} ms late`);
    timers.advance(1);
    assert.equal(state.ticks, 2, `${lateMs} ms late`);
    timers.advance(1_000);
    assert.equal(state.ticks, 12, `${lateMs} ms late`);
  }
});

test("a chain that has fallen silent is started again, and ticks once at a time", async () => {
  const { timers, state, ticker } = world();
  ticker.ensure();
  await settled();
  state.offsetMs += 5_000;
  ticker.ensure();
  ticker.ensure();
  await settled();
  timers.advance(1_000);
  assert.equal(state.ticks, 10);
});

test("where the clock jumps back, the alarm does not stay far ahead", async () => {
  const { timers, state, ticker } = world();
  state.offsetMs = 10_000_000;
  ticker.ensure();
  await settled();
  state.offsetMs = 0;
  timers.advance(200);
  assert.ok((state.alarm ?? 0) <= timers.nowMs + defaultTuning.alarmAheadMs);
});

test("stopped, it leaves neither timer nor alarm", async () => {
  const { timers, state, ticker } = world();
  ticker.ensure();
  await settled();
  ticker.stop();
  assert.equal(timers.pending, 0);
  assert.equal(state.alarm, undefined);
  assert.equal(ticker.running, false);
});
