import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { PacedWork } from "../../../../src/node/client/paced-work.ts";
import type { Timers } from "../../../../src/node/world/environment.ts";
import type { Reason } from "../../../../src/rpc/answers.ts";
import { header } from "../../api/support/members.ts";

const dear = 50_000_000;

function setUp(maxWaiting = 10) {
  const turns: (() => void)[] = [];
  const timers: Timers = {
    start(callback) {
      turns.push(callback);
      return { cancel: () => turns.splice(turns.indexOf(callback), 1) };
    },
  };
  const work = new PacedWork(timers, maxWaiting);
  const done: string[] = [];
  const add = (name: string, units: number, deadlineTick = 100) =>
    work.add({
      deadlineTick,
      run() {
        done.push(name);
        return units;
      },
      failed: (reason: Reason) => {
        const answer = reason(header(1));
        done.push(`${name}: ${"message" in answer ? answer.message : answer.kind}`);
      },
    });
  return { work, done, add, turns, turn: () => turns.shift()?.() };
}

test("cheap work runs at once, dear work one piece a turn and in order", () => {
  const { work, done, add, turns, turn } = setUp();
  for (let i = 0; i < 100; i += 1) add("cheap", 1_000);
  assert.equal(done.length, 100);
  assert.equal(turns.length, 0);
  done.length = 0;
  add("a", dear);
  add("b", dear);
  add("cheap", 1_000);
  add("c", dear);
  assert.deepEqual(done, ["a"]);
  turn();
  assert.deepEqual(done, ["a", "b"]);
  turn();
  assert.deepEqual(done, ["a", "b", "cheap", "c"]);
  assert.equal(work.waiting, 0);
  turn();
  add("d", 1);
  assert.equal(done.at(-1), "d");
  assert.equal(turns.length, 0);
});

test("many cheap pieces are as dear as one", () => {
  const { work, done, add, turns, turn } = setUp();
  for (let i = 0; i < 10; i += 1) add(`${i}`, 1_000_000);
  assert.ok(done.length < 10);
  while (turns.length > 0) turn();
  assert.deepEqual(
    done,
    Array.from({ length: 10 }, (_, i) => `${i}`),
  );
  assert.equal(work.waiting, 0);
});

test("what waits is bounded, ends at its deadline, and with the member", () => {
  const { work, done, add, turns } = setUp(2);
  add("a", dear);
  add("b", dear, 5);
  add("c", dear, 9);
  add("d", dear);
  assert.deepEqual(done, ["a", `d: ${errors.tooManyRequests.text}`]);
  work.tick(5);
  assert.equal(done.at(-1), `b: ${errors.timeout.text}`);
  work.close((at) => ({ kind: "redirect", header: at }));
  assert.equal(done.at(-1), "c: redirect");
  assert.equal(turns.length, 0);
  assert.equal(work.waiting, 0);
});
