import assert from "node:assert/strict";
import { test } from "node:test";
import { unitsOf } from "../../../../src/kv/tree/base-manifest.ts";
import { isPressed } from "../../../../src/kv/tree/plan.ts";
import { Life, type Step } from "./life.ts";
import { Member } from "./member.ts";
import { compareAnswers } from "./questions.ts";

const put = (n: number, length: number): Step => ({
  kind: "txn",
  operations: [{ key: `key/${n}`, value: new Uint8Array(length).fill(n), lease: 0n }],
});
const remove = (n: number): Step => ({
  kind: "txn",
  operations: [{ key: `key/${n}`, value: undefined, lease: 0n }],
});
const compact: Step = { kind: "compact", part: 16 };
const freeze = (pressed: boolean): Step => ({ kind: "freeze", pressed });

/** Makes the steps, with a freeze after so many of them. */
function live(life: Life, member: Member, steps: readonly Step[], every: number): void {
  for (const [i, step] of steps.entries()) {
    life.run(step);
    if ((i + 1) % every === 0) life.run(freeze(false));
    member.run(life.freezes);
  }
}

const all = Array.from({ length: 200 }, (_, n) => n);

test("what is deleted and compacted leaves nothing behind, once all is merged", () => {
  const life = new Life();
  const member = new Member([], 0);
  live(
    life,
    member,
    all.map((n) => put((n * 37) % 200, 40)),
    20,
  );
  assert.ok(member.base.manifest.versions.levels.length > 2, "several levels");
  live(life, member, all.map(remove), 20);
  life.run(compact);
  for (let i = 0; i < 20; i++) {
    life.run(freeze(true));
    member.run(life.freezes);
  }
  // A watch may still ask for what the compaction's own revision did.
  const rows = [...member.base.read.rows()].map(({ key, kv }) => [key, kv.version]);
  assert.deepEqual(rows, [["key/199", 0]]);
  compareAnswers(life.store, member.base.read);
  member.sweepAll();
  const { stored, named } = member.blocks();
  assert.equal(stored, named);
  assert.equal(unitsOf(member.base.manifest).length, 2);
});

test("nothing that may be read goes, however hard it is pressed", () => {
  const life = new Life();
  const member = new Member([], 0);
  live(
    life,
    member,
    all.map((n) => put(n % 20, 40)),
    20,
  );
  for (let i = 0; i < 10; i++) {
    life.run(freeze(true));
    member.run(life.freezes);
  }
  assert.equal([...member.base.read.rows()].length, 200);
  assert.equal([...member.base.read.changesFrom(0)].length, 200);
  compareAnswers(life.store, member.base.read);
});

test("a base that takes far more than what is stored is merged down by itself", () => {
  const life = new Life();
  const member = new Member([], 0);
  // Large values are overwritten by small ones, which lie above them in levels that are not full.
  live(
    life,
    member,
    all.map((n) => put(n, 2_000)),
    20,
  );
  live(
    life,
    member,
    all.map((n) => put(n, 0)),
    20,
  );
  life.run(compact);
  life.run(freeze(false));
  member.run(life.freezes);
  assert.equal(isPressed(member.base.manifest), true);
  let freezes = 0;
  for (; freezes < 30 && isPressed(member.base.manifest); freezes++) {
    life.run(put(freezes, 1));
    life.run(freeze(false));
    member.run(life.freezes);
  }
  assert.equal(isPressed(member.base.manifest), false, `after ${freezes} freezes`);
  compareAnswers(life.store, member.base.read);
});

test("history that is compacted goes with the next freeze, without being read", () => {
  const life = new Life();
  const member = new Member([], 0);
  live(
    life,
    member,
    all.map((n) => put(n, 10)),
    20,
  );
  const before = unitsOf(member.base.manifest).length;
  life.run(compact);
  life.run(freeze(false));
  member.run(life.freezes);
  const { history } = member.base.manifest;
  const kept = [...history.young, ...history.levels].flat();
  assert.ok(kept.length <= 1, `${kept.length} units of ${before}`);
});
