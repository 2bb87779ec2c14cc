import assert from "node:assert/strict";
import { test } from "node:test";
import { Confirmation } from "../../../../src/node/read/confirmation.ts";
import { Reads } from "../../../../src/node/read/read-index.ts";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import { JointConfig } from "../../../../src/raft/quorum/joint.ts";

const voters = JointConfig.of([1, 2, 3]);
const oneByte = (n: number) => Uint8Array.of(n);

function reader() {
  const asked: Uint8Array[] = [];
  const random = { below: () => 0, bytes: (length: number) => new Uint8Array(length).fill(7) };
  const reads = new Reads(defaultTuning, random, (context) => void asked.push(context));
  const answers: string[] = [];
  const add = (name: string, deadlineTick = 100) =>
    reads.add({
      deadlineTick,
      ready: () => answers.push(name),
      failed: () => answers.push(`${name} failed`),
    });
  const context = (i: number) => asked[i] ?? assert.fail(`round ${i} was not sent`);
  return { reads, asked, answers, add, context };
}

test("a read joins only a round that is not yet sent, and all that gather share it", () => {
  const { reads, asked, answers, add, context } = reader();
  add("a");
  add("b");
  reads.flush();
  add("c");
  reads.flush();
  assert.equal(asked.length, 2);
  reads.confirmed(context(0), 0);
  assert.deepEqual(answers, ["a", "b"]);
  reads.confirmed(context(1), 0);
  assert.deepEqual(answers, ["a", "b", "c"]);
});

test("a read waits until what it may have to see is applied", () => {
  const { reads, answers, add, context } = reader();
  reads.applied(4);
  add("a");
  reads.flush();
  reads.confirmed(context(0), 6);
  reads.applied(5);
  assert.deepEqual(answers, []);
  assert.equal(reads.applied(6), true);
  assert.deepEqual(answers, ["a"]);
});

test("an answer to an earlier life's question is nobody's", () => {
  const { reads, answers, add, context } = reader();
  add("a");
  reads.flush();
  const foreign = context(0).slice();
  foreign[0] = 8;
  assert.equal(reads.confirmed(foreign, 0), false);
  assert.equal(reads.confirmed(oneByte(1), 0), false);
  assert.deepEqual(answers, []);
});

test("a round that goes unanswered is asked again with the same context", () => {
  const { reads, asked, answers, add } = reader();
  add("a");
  reads.flush();
  for (let tick = 1; tick <= 5; tick++) reads.tick(tick);
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[0], asked[1]);
  reads.tick(100);
  assert.deepEqual(answers, ["a failed"]);
  assert.equal(reads.pending, 0);
});

test("at most four rounds are under way; what gathers meanwhile shares the next", () => {
  const { reads, asked, add, context } = reader();
  for (let i = 0; i < 8; i++) {
    add(`${i}`);
    reads.flush();
  }
  assert.equal(asked.length, 4);
  reads.confirmed(context(0), 0);
  reads.flush();
  assert.equal(asked.length, 5);
  assert.equal(reads.pending, 7);
});

function confirmation() {
  const held = new Confirmation(1);
  const released: string[] = [];
  const hold = (context: number, config = voters) =>
    held.hold(oneByte(context), config, () => released.push(`${context}`));
  return { held, released, hold };
}

test("the leader does not count itself: a majority of the others must have answered", () => {
  const { held, released, hold } = confirmation();
  held.arrived(oneByte(50));
  held.sent(oneByte(1));
  held.answered(2, oneByte(1), voters);
  hold(50);
  assert.deepEqual(released, []);
  assert.equal(held.needsRow, true);
  held.answered(3, oneByte(1), voters);
  assert.deepEqual(released, ["50"]);
});

test("in a joint configuration both majorities must answer without the leader", () => {
  const joint = JointConfig.of([1, 2, 3], [1, 4, 5]);
  const { held, released, hold } = confirmation();
  held.arrived(oneByte(50));
  held.sent(oneByte(1));
  hold(50, joint);
  for (const id of [2, 3, 4]) held.answered(id, oneByte(1), joint);
  assert.deepEqual(released, []);
  held.answered(5, oneByte(1), joint);
  assert.deepEqual(released, ["50"]);
});

test("answers to a round that was sent before the read arrived confirm nothing", () => {
  const { held, released, hold } = confirmation();
  held.sent(oneByte(1));
  held.arrived(oneByte(50));
  hold(50);
  held.answered(2, oneByte(1), voters);
  held.answered(3, oneByte(1), voters);
  assert.deepEqual(released, []);
  held.sent(oneByte(2));
  held.answered(2, oneByte(2), voters);
  held.answered(3, oneByte(2), voters);
  assert.deepEqual(released, ["50"]);
});

test("a row begun after the read arrived confirms it once durable, an older one not", () => {
  const { held, released, hold } = confirmation();
  held.rowBegun();
  held.arrived(oneByte(50));
  hold(50);
  held.rowDurable(1);
  assert.deepEqual(released, []);
  assert.equal(held.needsRow, true);
  held.rowBegun();
  assert.equal(held.needsRow, false, "one is on its way");
  held.rowDurable(2);
  assert.deepEqual(released, ["50"]);
});

test("a single voter always needs the row", () => {
  const alone = JointConfig.of([1]);
  const { held, released, hold } = confirmation();
  held.arrived(oneByte(50));
  hold(50, alone);
  assert.deepEqual(released, []);
  held.rowBegun();
  held.rowDurable(1);
  assert.deepEqual(released, ["50"]);
});

test("who leads no longer gives nothing away", () => {
  const { held, released, hold } = confirmation();
  held.arrived(oneByte(50));
  held.sent(oneByte(1));
  hold(50);
  held.reset();
  held.answered(2, oneByte(1), voters);
  held.answered(3, oneByte(1), voters);
  held.rowBegun();
  held.rowDurable(1);
  assert.deepEqual(released, []);
});
