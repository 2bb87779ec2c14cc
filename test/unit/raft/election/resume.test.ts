import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, HardState, Message } from "../../../../src/raft/index.ts";
import {
  EntryType,
  InvalidMessageError,
  InvariantError,
  MessageType,
  newMessage,
  type RawNode,
} from "../../../../src/raft/index.ts";
import type { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { drain, nodeOf } from "../support/rawnode.ts";
import { data, entriesOf, storageOf } from "../support/testnode.ts";

// One term may have several lives of its leader: not of etcd.

const voters = [1, 2, 3];
const slept = { term: 2, vote: 1, commit: 3 };

/** What a leader of term 2 left behind, with all of its three entries committed and applied. */
function left(
  change: Partial<HardState> = {},
  terms: readonly number[] = [1, 2, 2],
  more: Partial<Config> = {},
  conf: Parameters<typeof storageOf>[0] = { voters },
): { node: RawNode; storage: MemoryStorage } {
  const storage = storageOf(conf);
  storage.append(entriesOf(terms));
  storage.setHardState({ ...slept, ...change });
  const config = { applied: 3, resumable: true, checkQuorum: true, preVote: true, ...more };
  return { node: nodeOf(storage, config), storage };
}

function resumed(): ReturnType<typeof left> {
  const life = left();
  life.node.resumeLeadership();
  return life;
}

const stateOf = (node: RawNode) => {
  const { softState, hardState } = node.basicStatus();
  return { ...softState, ...hardState };
};

const isLost = (error: unknown) => error instanceof InvalidMessageError && error.lostLog;

test("a leader leads on in its term: no entry, no vote, no message", () => {
  const { node, storage } = resumed();
  const leads = { lead: 1, raftState: "StateLeader", ...slept };
  assert.deepEqual(stateOf(node), leads);
  const { messages, applied } = drain(node, storage);
  assert.deepEqual([messages, applied], [[], []]);
  assert.equal(storage.lastIndex(), 3);
  assert.deepEqual(stateOf(node), leads);
});

test("it does not know what the others have: it probes them, and commits as ever", () => {
  const { node, storage } = resumed();
  for (const { id, state, match } of node.status().progress) {
    const own = id === 1;
    assert.deepEqual([state, match], own ? ["StateReplicate", 3] : ["StateProbe", 0]);
  }
  node.propose(data("x"));
  const { messages } = drain(node, storage);
  const to2 = messages.find(({ to }) => to === 2);
  assert.deepEqual([to2?.type, to2?.index, to2?.logTerm, to2?.term], [MessageType.MsgApp, 3, 2, 2]);
  assert.deepEqual(
    to2?.entries.map(({ index, term }) => [index, term]),
    [[4, 2]],
  );
  node.step(answer({ type: MessageType.MsgAppResp, index: 4 }));
  drain(node, storage);
  assert.equal(stateOf(node).commit, 4);
});

test("it steps down where no quorum answers, later where its host restarts the count", () => {
  const { node, storage } = resumed();
  for (let i = 0; i < 30; i++) {
    node.restartElectionTimeout();
    node.tick();
  }
  assert.equal(stateOf(node).raftState, "StateLeader");
  for (let i = 0; i < 10; i++) node.tick();
  drain(node, storage);
  assert.equal(stateOf(node).raftState, "StateFollower");
});

test("a follower campaigns later where its host restarts the count", () => {
  const { node } = left();
  for (let i = 0; i < 30; i++) {
    node.restartElectionTimeout();
    node.tick();
  }
  assert.equal(stateOf(node).raftState, "StateFollower");
  for (let i = 0; i < 10; i++) node.tick();
  assert.equal(stateOf(node).raftState, "StatePreCandidate");
});

const impossible: readonly (readonly [string, () => RawNode])[] = [
  ["its vote is another's", () => left({ vote: 3 }).node],
  ["it has not voted", () => left({ vote: 0 }).node],
  ["its term is a later one", () => left({ term: 3 }).node],
  ["its last entry is of an earlier term", () => left({}, [1, 1, 1]).node],
  ["something is not committed", () => left({}, [1, 2, 2, 2]).node],
  ["something is not applied", () => left({}, [1, 2, 2], { applied: 2 }).node],
  ["it is a learner", () => left({}, [1, 2, 2], {}, { voters: [2, 3], learners: [1] }).node],
  ["it is no member", () => left({}, [1, 2, 2], {}, { voters: [2, 3] }).node],
  [
    "the configuration is joint",
    () => left({}, [1, 2, 2], {}, { voters, votersOutgoing: [1, 2] }).node,
  ],
  ["it leads already", () => resumed().node],
  [
    "it follows",
    () => {
      const { node } = left();
      node.step(answer({ type: MessageType.MsgHeartbeat }));
      return node;
    },
  ],
];

for (const [why, make] of impossible) {
  test(`nobody leads on where ${why}`, () => {
    const node = make();
    const before = stateOf(node);
    assert.throws(() => node.resumeLeadership(), InvariantError);
    assert.deepEqual(stateOf(node), before);
  });
}

test("a voter says in a read round how far its log goes in the leader's term", () => {
  const { node, storage } = left();
  const round = { type: MessageType.MsgHeartbeat, context: data("12345678") };
  const said = (fields: Fields) => {
    node.step(answer(fields));
    return drain(node, storage).messages.find(({ to }) => to === 2)?.index;
  };
  assert.equal(said(round), 3);
  assert.equal(said({ type: MessageType.MsgHeartbeat }), 0, "in no other heartbeat");
  assert.equal(said({ ...round, term: 3 }), 0, "its last entry is of an earlier term");
  const plain = left({}, [1, 2, 2], { resumable: false });
  plain.node.step(answer(round));
  const [message] = drain(plain.node, plain.storage).messages;
  assert.equal(message?.index, 0, "nor where terms are not resumable");
});

test("a round is not confirmed by a voter that has more of the term than its leader", () => {
  const { node, storage } = resumed();
  node.readIndex(data("read"));
  const { messages } = drain(node, storage);
  const context = messages.find(({ to }) => to === 2)?.context;
  assert.ok(context);
  const acknowledged = (index: number) =>
    answer({ type: MessageType.MsgHeartbeatResp, context, index });
  assert.throws(() => node.step(acknowledged(4)), isLost);
  assert.deepEqual(drain(node, storage).messages, []);
  assert.equal(node.hasReady(), false);
  node.step(acknowledged(3));
  assert.deepEqual(
    node.ready().readStates.map(({ index }) => index),
    [3],
  );
});

test("an append that overtakes a round does not fail it", () => {
  const { node, storage } = resumed();
  node.readIndex(data("read"));
  const { context } = drain(node, storage).messages[0] as Message;
  assert.ok(context);
  node.propose(data("x"));
  drain(node, storage);
  node.step(answer({ type: MessageType.MsgHeartbeatResp, context, index: 4 }));
  assert.equal(node.ready().readStates.length, 1);
});

test("an acknowledgement of more than there is says that the storage went back", () => {
  const { node } = resumed();
  const ack = answer({ type: MessageType.MsgAppResp, index: 4 });
  assert.throws(() => node.step(ack), isLost);
});

type Fields = Partial<Message> & Pick<Message, "type">;

/** From member 2 in term 2. */
function answer(fields: Fields): Message {
  return newMessage({ from: 2, to: 1, term: 2, ...fields });
}

test("a change of the configuration waits for all that was there, as after an election", () => {
  const { node, storage } = resumed();
  const change = { transition: 0, changes: [{ type: 0, nodeId: 4 }], context: data("") } as const;
  node.proposeConfChange(change);
  const { messages } = drain(node, storage);
  assert.equal(messages[0]?.entries[0]?.type, EntryType.EntryConfChangeV2);
});
