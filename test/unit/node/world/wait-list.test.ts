import assert from "node:assert/strict";
import { test } from "node:test";
import { type Waiting, WaitList } from "../../../../src/node/world/wait-list.ts";

function setUp(bounds: { count?: number; bytes?: number }) {
  const failed: string[] = [];
  const list = new WaitList<Waiting & { readonly name: string }>(bounds);
  const add = (name: string, bytes = 0, deadlineTick = 10) =>
    list.add({ name, bytes, deadlineTick, failed: () => failed.push(name) });
  return { list, add, failed };
}

test("so many and so many bytes wait, and what is taken out makes room", () => {
  const { list, add } = setUp({ count: 3, bytes: 100 });
  assert.ok(add("a", 60));
  assert.ok(!add("b", 41));
  assert.ok(add("c", 40));
  assert.equal(list.shift()?.name, "a");
  assert.ok(add("d", 60));
  assert.ok(add("e", 0));
  assert.ok(!add("f", 0), "three wait");
  const names = list.take(({ name }) => name !== "c").map(({ name }) => name);
  assert.deepEqual(names, ["d", "e"]);
  assert.ok(add("g", 60));
  assert.ok(!add("h", 1));
  assert.equal(list.take().length, 2);
  assert.ok(add("i", 100));
});

test("those whose deadline has passed are taken in order, and all fail in the end", () => {
  const { list, add, failed } = setUp({});
  add("a", 5, 3);
  add("b", 5, 7);
  add("c", 5, 2);
  assert.deepEqual(list.takeLate(1), []);
  assert.deepEqual(
    list.takeLate(3).map(({ name }) => name),
    ["a", "c"],
  );
  list.fail((header) => ({ kind: "redirect", header }));
  assert.deepEqual(failed, ["b"]);
  assert.equal(list.length, 0);
  assert.equal(list.shift(), undefined);
});
