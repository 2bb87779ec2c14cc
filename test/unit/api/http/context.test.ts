import assert from "node:assert/strict";
import { test } from "node:test";
import { Context } from "../../../../src/api/http/context.ts";
import { tokenRequired } from "../../../../src/rpc/messages.ts";
import { routerOf } from "../support/members.ts";

/** A context whose client and clock do what they are told. */
function contextOf(timeoutMs?: number, token = "") {
  const client = new AbortController();
  const timers = new Set<() => void>();
  const clock = {
    nowMs: 0,
    now: () => clock.nowMs,
    after: (_: number, callback: () => void) => {
      timers.add(callback);
      return () => void timers.delete(callback);
    },
  };
  const { router, view } = routerOf([]);
  const context = new Context({
    ...{ cluster: router, view, clock, token, origin: "", needsLeader: false },
    random: (length) => new Uint8Array(length),
    signal: () => client.signal,
    deadlineMs: timeoutMs,
    waitUntil: () => undefined,
  });
  return { context, client, clock, timers };
}

test("who waits hears once that the client has gone, however it went", () => {
  const { context, client, timers } = contextOf(1_000);
  const heard: string[] = [];
  context.whenGone(() => heard.push("first"));
  context.whenGone(() => heard.push("second"));
  assert.equal(timers.size, 2);
  assert.equal(context.gone, false);
  client.abort();
  context.leave();
  assert.deepEqual(heard, ["first", "second"]);
  assert.equal(context.gone, true);
  assert.equal(timers.size, 0);
});

test("who waits hears when the client's time is over", () => {
  const { context, clock, timers } = contextOf(1_000);
  let heard = 0;
  context.whenGone(() => {
    heard += 1;
  });
  clock.nowMs = 1_000;
  for (const timer of [...timers]) timer();
  assert.deepEqual([heard, context.gone, timers.size], [1, true, 0]);
});

test("nothing is left of a wait that has ended, and of a request that only calls", () => {
  const { context, client, timers } = contextOf(1_000);
  assert.equal(timers.size, 0);
  const forget = context.whenGone(() => assert.fail("it waits no longer"));
  forget();
  assert.equal(timers.size, 0);
  client.abort();
  context.leave();
});

test("whoever was let in by an etcd token is not asked for one again", () => {
  const { context } = contextOf(undefined, `${tokenRequired}mine.1`);
  const first = context.call();
  assert.equal(first.token, `${tokenRequired}mine.1`);
  assert.equal(context.call().token, `${tokenRequired}mine.1`);
  first.admitted?.();
  first.admitted?.();
  assert.equal(context.call().token, "mine.1");
});
