import assert from "node:assert/strict";
import { test } from "node:test";
import { SendQueue, WatchBudget } from "../../../src/kv/watch/send-queue.ts";

const bytes = (length: number) => new Uint8Array(length);

test("a queue is full at its bound and drained at half of it, and keeps the order", () => {
  let drained = 0;
  const queue = new SendQueue(new WatchBudget(1000, () => undefined), 100, () => {
    drained += 1;
  });
  assert.ok(queue.push(bytes(40)));
  assert.ok(queue.push(bytes(30)));
  assert.ok(!queue.push(bytes(35)));
  assert.ok(!queue.push(bytes(1)));
  assert.equal(queue.shift()?.length, 40);
  assert.equal(drained, 0);
  assert.equal(queue.shift()?.length, 30);
  assert.equal(drained, 1);
  assert.deepEqual([queue.shift()?.length, queue.shift()?.length], [35, 1]);
  assert.equal(queue.shift(), undefined);
  assert.equal(drained, 1);
});

test("what all queues hold counts together, and room is announced once when it comes back", () => {
  let released = 0;
  const budget = new WatchBudget(100, () => {
    released += 1;
  });
  const queues = [1, 2].map(() => new SendQueue(budget, 1000, () => undefined));
  for (const queue of queues) queue.push(bytes(60));
  assert.ok(!budget.hasRoom);
  queues[0]?.shift();
  assert.ok(budget.hasRoom);
  queues[1]?.close();
  assert.equal(budget.usedBytes, 0);
  assert.equal(released, 1);
});

test("thousands of small responses pass through without being kept", () => {
  const budget = new WatchBudget(1e6, () => undefined);
  const queue = new SendQueue(budget, 1e6, () => undefined);
  for (let i = 0; i < 5000; i += 1) queue.push(Uint8Array.of(i & 0xff));
  for (let i = 0; i < 5000; i += 1) assert.equal(queue.shift()?.[0], i & 0xff);
  assert.deepEqual([queue.length, queue.bytes, budget.usedBytes], [0, 0, 0]);
});
