import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Inflights } from "../../../../src/raft/tracker/inflights.ts";
import { check } from "../support/check.ts";

function filled(size: number, from: number, to: number, bytesEach = 100): Inflights {
  const inflights = new Inflights(size);
  for (let index = from; index <= to; index++) inflights.add(index, bytesEach);
  return inflights;
}

test("TestInflightsAdd: messages are kept in the order of sending, also around the ring", () => {
  const inflights = filled(10, 0, 4);
  assert.deepEqual(inflights.toArray(), [0, 1, 2, 3, 4]);
  assert.equal(inflights.bytes, 500);
  for (let index = 5; index < 10; index++) inflights.add(index, 100);
  assert.equal(inflights.count, 10);

  inflights.freeLE(6);
  assert.equal(inflights.first, 7);
  for (let index = 10; index < 17; index++) inflights.add(index, 1);
  assert.deepEqual(inflights.toArray(), [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  assert.equal(inflights.bytes, 307);
});

test("TestInflightFreeTo: all messages up to the acknowledged index are freed", () => {
  const inflights = filled(10, 0, 9);
  inflights.freeLE(0);
  assert.equal(inflights.count, 9);
  inflights.freeLE(4);
  assert.deepEqual(inflights.toArray(), [5, 6, 7, 8, 9]);
  inflights.freeLE(3);
  assert.equal(inflights.count, 5, "an older acknowledgement frees nothing");
  for (let index = 10; index < 15; index++) inflights.add(index, 100);
  inflights.freeLE(12);
  assert.deepEqual(inflights.toArray(), [13, 14]);
  inflights.freeLE(14);
  assert.equal(inflights.count, 0);
  assert.equal(inflights.bytes, 0);
  assert.equal(inflights.first, undefined);
});

test("TestInflightsFull: count or bytes, whichever is reached first, closes the window", () => {
  const cases = [
    { size: 3, maxBytes: 0, fullAt: 3, name: "by count" },
    { size: 3, maxBytes: 25, fullAt: 3, name: "both at once" },
    { size: 3, maxBytes: 15, fullAt: 2, name: "by bytes, past the limit" },
    { size: 3, maxBytes: 20, fullAt: 2, name: "by bytes, at the limit" },
    { size: 3, maxBytes: 31, fullAt: 3, name: "bytes are not reached" },
  ];
  for (const { size, maxBytes, fullAt, name } of cases) {
    const inflights = new Inflights(size, maxBytes);
    for (let sent = 0; sent < fullAt; sent++) {
      assert.equal(inflights.full(), false, name);
      inflights.add(sent, 10);
    }
    assert.equal(inflights.full(), true, name);
    assert.throws(() => inflights.add(100, 1), /cannot add/, name);
    inflights.freeLE(0);
    assert.equal(inflights.full(), false, `${name}: room after an acknowledgement`);
  }
});

test("TestInflightsReset: a window that is reset is empty and can be filled again", () => {
  const inflights = new Inflights(10, 1000);
  for (let index = 0; index < 10; index++) inflights.add(index, 100);
  inflights.freeLE(3);
  inflights.reset();
  assert.equal(inflights.count, 0);
  assert.equal(inflights.bytes, 0);
  for (let index = 20; index < 30; index++) inflights.add(index, 1);
  assert.deepEqual(inflights.toArray(), [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
});

test("a copy of inflights shares nothing with the original", () => {
  const inflights = filled(4, 1, 3);
  const copy = inflights.clone();
  inflights.freeLE(2);
  copy.add(4, 1);
  assert.deepEqual(inflights.toArray(), [3]);
  assert.deepEqual(copy.toArray(), [1, 2, 3, 4]);
  assert.equal(copy.bytes, 301);
});

test("the ring behaves like a plain list of messages", (t) => {
  const step = fc.oneof(
    fc.record({ add: fc.nat(20) }),
    fc.record({ free: fc.integer({ min: -2, max: 12 }) }),
    fc.constant("reset" as const),
  );
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(60), fc.array(step), (size, max, steps) => {
      const inflights = new Inflights(size, max);
      let model: { index: number; bytes: number }[] = [];
      let next = 1;
      for (const s of steps) {
        if (s === "reset") {
          inflights.reset();
          model = [];
        } else if ("free" in s) {
          const to = (model[0]?.index ?? next) + s.free;
          inflights.freeLE(to);
          model = model.filter(({ index }) => index > to);
        } else if (!inflights.full()) {
          inflights.add(next, s.add);
          model.push({ index: next++, bytes: s.add });
        }
        const bytes = model.reduce((sum, each) => sum + each.bytes, 0);
        assert.deepEqual(
          inflights.toArray(),
          model.map(({ index }) => index),
        );
        assert.equal(inflights.bytes, bytes);
        assert.equal(inflights.full(), model.length === size || (max > 0 && bytes >= max));
      }
    }),
  );
});
