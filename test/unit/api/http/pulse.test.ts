import assert from "node:assert/strict";
import { test } from "node:test";
import { pulsing } from "../../../../src/api/http/pulse.ts";

/** A clock whose only timer fires when told to. */
function clock() {
  const timers = new Set<() => void>();
  const after = (_ms: number, callback: () => void) => {
    timers.add(callback);
    return () => timers.delete(callback);
  };
  const fire = () => {
    for (const run of [...timers]) run();
  };
  return { now: () => 0, after, fire, timers };
}

test("a silent stream says spaces, then what comes, and always has a timer pending", async () => {
  const time = clock();
  const { promise: come, resolve } = Promise.withResolvers<void>();
  async function* texts(): AsyncIterable<string> {
    await come;
    yield "one";
    yield "two";
  }
  const stream = pulsing(texts(), time);
  for (let i = 0; i < 2; i += 1) {
    const next = stream.next();
    assert.equal(time.timers.size, 1);
    time.fire();
    assert.deepEqual(await next, { done: false, value: " " });
  }
  resolve();
  assert.deepEqual(await stream.next(), { done: false, value: "one\n" });
  assert.deepEqual(await stream.next(), { done: false, value: "two\n" });
  assert.equal((await stream.next()).done, true);
  assert.equal(time.timers.size, 0);
});

test("what the stream throws is thrown, also after a silence", async () => {
  const time = clock();
  const { promise: come, resolve } = Promise.withResolvers<void>();
  async function* texts(): AsyncIterable<string> {
    await come;
    yield Promise.reject(new Error("ended"));
  }
  const stream = pulsing(texts(), time);
  const next = stream.next();
  time.fire();
  assert.equal((await next).value, " ");
  const after = stream.next();
  resolve();
  await assert.rejects(after, /ended/);
  assert.equal(time.timers.size, 0);
});
