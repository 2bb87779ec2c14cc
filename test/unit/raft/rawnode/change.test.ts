import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ConfChange,
  type ConfChangeI,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  confChangesFromText,
  decodeConfChangeV2,
  type Entry,
  EntryType,
  encodeConfChange,
  encodeConfChangeV2,
  leaveJointChange,
  MessageType,
  newConfState,
  newMessage,
  noLimit,
  type RawNode,
} from "../../../../src/raft/index.ts";
import type { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { drain, handle, singleton } from "../support/rawnode.ts";
import { data } from "../support/testnode.ts";

const {
  ConfChangeTransitionAuto: auto,
  ConfChangeTransitionJointImplicit: implicit,
  ConfChangeTransitionJointExplicit: explicit,
} = ConfChangeTransition;

/** "v2 l3": node 2 becomes a voter and 3 a learner. */
function v2(text: string, transition: ConfChangeTransition = auto): ConfChangeV2 {
  return { transition, changes: confChangesFromText(text), context: new Uint8Array(0) };
}

function v1(nodeId: number): ConfChange {
  const type = ConfChangeType.ConfChangeAddNode;
  return { id: 7, type, nodeId, context: new Uint8Array(0) };
}

const entryOf = (change: ConfChangeI) =>
  "changes" in change
    ? { type: EntryType.EntryConfChangeV2, data: encodeConfChangeV2(change) }
    : { type: EntryType.EntryConfChange, data: encodeConfChange(change) };

const content = ({ type, data: bytes }: Entry) => ({ type, data: bytes });

/** Proposes the change and handles Readys until it is applied; returns the new configuration. */
function change(node: RawNode, storage: MemoryStorage, change: ConfChangeI): ConfState {
  node.proposeConfChange(change);
  for (;;) {
    assert.equal(node.hasReady(), true, "the change is not applied");
    const [confState] = handle(node, storage).confStates;
    if (confState !== undefined) return confState;
  }
}

const learner = { voters: [1], learners: [2] };
const joint = { ...learner, votersOutgoing: [1] };
/** Node 2 replaces node 1, which stays as a learner: both halves must agree meanwhile. */
const swap = "v2 l1 l3";
const swapping = { voters: [2], votersOutgoing: [1], learners: [3], learnersNext: [1] };
const swapped = { voters: [2], learners: [1, 3] };

type Part = Partial<ConfState>;
const simple: readonly (readonly [ConfChangeI, entered: Part])[] = [
  [v1(2), { voters: [1, 2] }],
  [v2("v2"), { voters: [1, 2] }],
  [v2("l2"), learner],
];
const throughJoint: readonly (readonly [ConfChangeV2, entered: Part, left: Part])[] = [
  [v2("l2", explicit), joint, learner],
  [v2("l2", implicit), { ...joint, autoLeave: true }, learner],
  [v2(swap), { ...swapping, autoLeave: true }, swapped],
  [v2(swap, explicit), swapping, swapped],
  [v2(swap, implicit), { ...swapping, autoLeave: true }, swapped],
];

test("a change is stored as it was proposed, behind what was proposed before", () => {
  for (const [proposed] of [...simple, ...throughJoint]) {
    const { node, storage } = singleton();
    node.propose(data("before"));
    change(node, storage, proposed);
    const last = storage.lastIndex();
    const entries = storage.entries(last - 1, last + 1, noLimit).map(content);
    const before = { type: EntryType.EntryNormal, data: data("before") };
    assert.deepEqual(entries, [before, entryOf(proposed)]);
  }
});

test("TestRawNodeProposeAndConfChange: one change takes effect at once and for good", () => {
  for (const [proposed, entered] of simple) {
    const { node, storage } = singleton();
    assert.deepEqual(change(node, storage, proposed), newConfState(entered));
    assert.deepEqual(node.ready().entries, []);
    node.advance();
    // It is over: the next one is taken as it is.
    node.proposeConfChange(v2("l5"));
    assert.deepEqual(node.ready().entries.map(content), [entryOf(v2("l5"))]);
  }
});

test("TestRawNodeProposeAndConfChange: raft or the host leaves a joint configuration", () => {
  for (const [proposed, entered, left] of throughJoint) {
    const { node, storage } = singleton();
    assert.deepEqual(change(node, storage, proposed), newConfState(entered));
    let { entries } = node.ready();
    let context = data("");
    if (!entered.autoLeave) {
      assert.deepEqual(entries, []);
      node.advance();
      context = data("by hand");
      node.proposeConfChange(leaveJointChange(context));
      ({ entries } = node.ready());
    }
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.type, EntryType.EntryConfChangeV2);
    const leaving = decodeConfChangeV2(entries[0].data);
    assert.deepEqual(leaving, leaveJointChange(context));
    // The other half cannot commit it, for want of a second node; here it counts as committed.
    assert.deepEqual(node.applyConfChange(leaving), newConfState(left));
  }
});

test("TestRawNodeJointAutoLeave: who leads next leaves the joint configuration", () => {
  const { node, storage } = singleton();
  node.proposeConfChange(v2("l2", implicit));
  storage.append(node.ready().entries);
  node.advance();
  const { committedEntries } = node.ready();
  assert.deepEqual(committedEntries.map(content), [entryOf(v2("l2", implicit))]);
  // The leader loses its leadership just before it applies the change.
  const vote = { type: MessageType.MsgVote, from: 9, to: 1, term: 2, index: 0, logTerm: 0 };
  node.step(newMessage(vote));
  const entered = node.applyConfChange(v2("l2", implicit));
  assert.deepEqual(entered, newConfState({ ...joint, autoLeave: true }));
  node.advance();
  const asFollower = drain(node, storage);
  assert.deepEqual([asFollower.applied, asFollower.confStates], [[], []]);
  assert.equal(storage.lastIndex(), 2, "a follower proposes nothing");

  node.campaign();
  const asLeader = drain(node, storage);
  assert.deepEqual(
    asLeader.applied.map(({ term, type }) => [term, type]),
    [
      [3, EntryType.EntryNormal],
      [3, EntryType.EntryConfChangeV2],
    ],
  );
  assert.deepEqual(asLeader.confStates, [newConfState(learner)]);
});

test("TestRawNodeProposeAddDuplicateNode: adding a member twice hinders no later change", () => {
  const { node, storage } = singleton();
  const begin = storage.lastIndex() + 1;
  for (const id of [1, 1]) {
    assert.deepEqual(change(node, storage, v1(id)), newConfState({ voters: [1] }));
  }
  assert.deepEqual(change(node, storage, v1(2)), newConfState({ voters: [1, 2] }));
  const entries = storage.entries(begin, storage.lastIndex() + 1, noLimit);
  assert.deepEqual(entries.map(content), [v1(1), v1(1), v1(2)].map(entryOf));
});
