import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  noBytes,
} from "../../../../src/proto/raftpb.ts";
import { Changer, type Membership } from "../../../../src/raft/confchange/changer.ts";
import { ConfChangeError } from "../../../../src/raft/confchange/errors.ts";
import {
  confChangeAsV2,
  confChangesFromText,
  confChangesToText,
  enterJoint,
  leaveJoint,
  leaveJointChange,
} from "../../../../src/raft/confchange/v2.ts";
import { type Config, configText, emptyConfig } from "../../../../src/raft/tracker/config.ts";
import { ProgressMap } from "../../../../src/raft/tracker/progressmap.ts";
import { check } from "../support/check.ts";

const limits = { maxInflight: 10, maxInflightBytes: 0 };
const empty: Membership = { config: emptyConfig, progress: ProgressMap.empty };

function changer(membership: Membership, lastIndex = 10): Changer {
  return new Changer({ ...membership, ...limits }, lastIndex);
}

/** The membership after the changes one by one, through simple changes only. */
function grown(text: string): Membership {
  return confChangesFromText(text).reduce((m, change) => changer(m).simple([change]), empty);
}

const change = fc.record({
  type: fc.constantFrom(...Object.values(ConfChangeType)),
  nodeId: fc.integer({ min: 1, max: 8 }),
});
const voter = fc.record({
  type: fc.constant(ConfChangeType.ConfChangeAddNode),
  nodeId: fc.integer({ min: 1, max: 8 }),
});

test("TestConfChangeQuick: a joint change ends where the same simple changes end", (t) => {
  let compared = 0;
  const run = (
    setup: ConfChangeSingle[],
    changes: ConfChangeSingle[],
    autoLeave: boolean,
  ): void => {
    let simple = setup.reduce((m, each) => changer(m).simple([each]), empty);
    const start = simple;
    try {
      for (const each of changes) simple = changer(simple).simple([each]);
    } catch (error) {
      assert.ok(error instanceof ConfChangeError);
      return;
    }
    const entered = changer(start).enterJoint(autoLeave, changes);
    assert.equal(entered.config.autoLeave, autoLeave);
    assert.deepEqual(entered.config.voters.outgoing.ids, start.config.voters.incoming.ids);
    const left = changer(entered).leaveJoint();
    assert.equal(configText(left.config), configText(simple.config));
    const isLearner = ({ progress }: Membership) => progress.list.map((p) => [p.id, p.isLearner]);
    assert.deepEqual(isLearner(left), isLearner(simple));
    // Right in and out again, after the simple changes, changes nothing.
    const around = changer(changer(simple).enterJoint(autoLeave, [])).leaveJoint();
    assert.equal(configText(around.config), configText(simple.config));
    assert.equal(String(around.progress), String(simple.progress));
    compared++;
  };
  const setup = fc.array(voter, { minLength: 1, maxLength: 4 });
  check(
    { name: t.name, file: import.meta.filename },
    fc.property(setup, fc.array(change, { minLength: 1, maxLength: 8 }), fc.boolean(), run),
    { numRuns: 1000 },
  );
  assert.ok(compared > 300, `only ${compared} runs compared anything`);
});

test("a refused change leaves everything as it was", () => {
  const base = grown("v1 v2 l3");
  const before = [configText(base.config), String(base.progress)];
  for (const text of ["r1 r2", "v4 v5", "l1 v5"]) {
    assert.throws(() => changer(base).simple(confChangesFromText(text)), ConfChangeError);
    assert.deepEqual([configText(base.config), String(base.progress)], before);
  }
});

test("a voter that turns learner keeps its progress, and a new one is probed at the end", () => {
  const base = grown("v1 v2");
  base.progress.get(2)?.maybeUpdate(42);
  const changed = changer(base, 77).simple(confChangesFromText("l2 l3"));
  assert.equal(String(changed.progress.get(2)), "StateProbe match=42 next=43 learner");
  assert.equal(String(changed.progress.get(3)), "StateProbe match=0 next=77 learner");
  assert.equal(base.progress.get(2)?.isLearner, false);
});

test("an unknown kind of change is refused", () => {
  const changes = [{ type: 9 as ConfChangeType, nodeId: 1 }];
  assert.throws(() => changer(empty).simple(changes), /unexpected conf type 9/);
});

test("a configuration that contradicts itself is not changed any further", () => {
  const base = grown("v1 v2 l3");
  const broken: [Partial<Config>, RegExp][] = [
    [{ learners: [3, 9] }, /no progress for 9/],
    [{ learners: [2, 3] }, /2 is in Learners and Voters\[0\]/],
    [{ learnersNext: [2] }, /2 is in LearnersNext, but not Voters\[1\]/],
    [{ autoLeave: true }, /AutoLeave must be false when not joint/],
  ];
  for (const [fields, reason] of broken) {
    const membership = { ...base, config: { ...base.config, ...fields } };
    assert.throws(() => changer(membership).simple([]), reason);
  }
  const joint = changer(base).enterJoint(false, confChangesFromText("l2"));
  const both = { ...joint, config: { ...joint.config, learners: [2, 3] } };
  assert.throws(() => changer(both).leaveJoint(), /2 is in Learners and Voters\[1\]/);
  const marked = new ProgressMap(joint.progress.list.map((pr) => pr.withLearner(true)));
  const wrong = { config: joint.config, progress: marked };
  assert.throws(() => changer(wrong).leaveJoint(), /2 is in LearnersNext, but is already marked/);
  const unmarked = new ProgressMap(base.progress.list.map((pr) => pr.withLearner(false)));
  const unlearned = { config: base.config, progress: unmarked };
  assert.throws(() => changer(unlearned).simple([]), /3 is in Learners, but is not marked/);
});

test("the first form of a change becomes the second with all it says", () => {
  const type = ConfChangeType.ConfChangeRemoveNode;
  const context = new Uint8Array([1]);
  const v2 = confChangeAsV2({ id: 5, type, nodeId: 3, context });
  assert.deepEqual(v2, { transition: 0, changes: [{ type, nodeId: 3 }], context });
});

test("more than one change, or the wish for it, goes through a joint configuration", () => {
  const { ConfChangeTransitionAuto: auto } = ConfChangeTransition;
  const { ConfChangeTransitionJointImplicit: implicit } = ConfChangeTransition;
  const { ConfChangeTransitionJointExplicit: explicit } = ConfChangeTransition;
  const cases = [
    [auto, "v1", undefined],
    [auto, "", undefined],
    [auto, "v1 v2", { autoLeave: true }],
    [implicit, "v1", { autoLeave: true }],
    [explicit, "v1", { autoLeave: false }],
    [explicit, "", { autoLeave: false }],
  ] as const;
  for (const [transition, text, expected] of cases) {
    const changes = confChangesFromText(text);
    assert.deepEqual(enterJoint({ transition, changes, context: noBytes }), expected);
  }
  assert.equal(leaveJoint(leaveJointChange(new Uint8Array([7]))), true);
  assert.equal(leaveJoint({ transition: implicit, changes: [], context: noBytes }), false);
});

test("the text form of changes is read and written alike, and nonsense is refused", () => {
  const text = "v1 l2 r3 u4";
  assert.equal(confChangesToText(confChangesFromText(` ${text}\n`)), text);
  assert.deepEqual(confChangesFromText(""), []);
  assert.equal(confChangesToText([{ type: 9 as ConfChangeType, nodeId: 1 }]), "unknown1");
  assert.throws(() => confChangesFromText("v"), /unknown token v/);
  assert.throws(() => confChangesFromText("x1"), /unknown input: x1/);
  assert.throws(() => confChangesFromText("v1x"), /parsing "1x": invalid syntax/);
});
