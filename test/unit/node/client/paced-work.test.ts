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
  const add = (name: string, units: number, deadlineTick = 100, cheap = false) => {
    const run = () => {
      done.push(name);
      return units;
    };
    const failed = (reason: Reason) => {
      const answer = reason(header(1));
      done.push(`${name}: ${"message" in answer ? answer.message : answer.kind}`);
    };
    work.add({ deadlineTick, run, failed }, cheap);
  };
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
  add("one key", 1_000, 100, true);
  assert.deepEqual(done, ["a", "one key"]);
  done.pop();
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

test("work that would wait too long is refused, and welcome again later", () => {
  const { work, done, add, turns, turn } = setUp(1_000);
  for (let i = 0; i < 100; i += 1) add(`${i}`, 170_000_000);
  const refused = done.filter((name) => name.includes(errors.tooManyRequests.text));
  assert.equal(done.length - refused.length, 1);
  assert.ok(work.waiting >= 2 && work.waiting <= 10, `${work.waiting} wait`);
  while (turns.length > 0) turn();
  add("later", 1);
  assert.equal(done.at(-1), "later");
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
