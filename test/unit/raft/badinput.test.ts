import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DecodeError,
  EntryType,
  InvalidMessageError,
  isLocalMsg,
  LocalAppendThread,
  LocalApplyThread,
  type Message,
  MessageType,
  newConfState,
  newEntry,
  newMessage,
  newSnapshot,
  ProposalDroppedError,
  RawNode,
  StepLocalMessageError,
  StepPeerNotFoundError,
} from "../../../src/raft/index.ts";
import { data, entriesOf, storageOf } from "./support/testnode.ts";

type Fields = Partial<Message> & Pick<Message, "type">;

const last = Number.MAX_SAFE_INTEGER;

function nodeOf(voters: readonly number[] = [1, 2, 3], storage = storageOf({ voters })): RawNode {
  return new RawNode({
    id: 1,
    electionTick: 10,
    heartbeatTick: 1,
    storage,
    random: () => 0,
    maxSizePerMsg: 1000,
    maxInflightMsgs: 256,
  });
}

/** A leader of three whose log ends at index 1, in term 1. */
function leaderOf(): RawNode {
  const voters = [1, 2, 3];
  const storage = storageOf({ voters });
  const node = nodeOf(voters, storage);
  const handle = () => {
    storage.append(node.ready().entries);
    node.advance();
  };
  node.campaign();
  handle();
  node.step(newMessage({ type: MessageType.MsgVoteResp, from: 2, to: 1, term: 1 }));
  handle();
  assert.equal(node.basicStatus().softState.raftState, "StateLeader");
  return node;
}

/** Steps a message that is refused with that error, and sees that nothing changed. */
function refused(node: RawNode, fields: Fields, kind: new () => Error, why = /./): void {
  const before = [node.status(), node.hasReady()];
  const isWhy = (error: unknown) => error instanceof kind && why.test(error.message);
  const message = newMessage({ to: 1, ...fields });
  assert.throws(() => node.step(message), isWhy, `${fields.type} ${why}`);
  assert.deepEqual([node.status(), node.hasReady()], before);
}

const invalid = (node: RawNode, fields: Fields, why: RegExp) =>
  refused(node, fields, InvalidMessageError as new () => Error, why);

test("TestRawNodeStep: what only the node itself may say is refused from anybody else", () => {
  for (const type of Object.values(MessageType).filter(isLocalMsg)) {
    refused(nodeOf(), { type, from: 2, term: 1 }, StepLocalMessageError);
  }
  for (const from of [LocalAppendThread, LocalApplyThread]) {
    refused(nodeOf(), { type: MessageType.MsgHup, from }, StepLocalMessageError);
    refused(nodeOf(), { type: MessageType.MsgApp, from, term: 5 }, StepLocalMessageError);
  }
});

test("a response of a node that is no member is refused", () => {
  for (const type of [
    MessageType.MsgAppResp,
    MessageType.MsgVoteResp,
    MessageType.MsgPreVoteResp,
    MessageType.MsgHeartbeatResp,
    MessageType.MsgReadIndexResp,
  ]) {
    refused(leaderOf(), { type, from: 9, term: 7 }, StepPeerNotFoundError);
  }
});

test("a message without type, sender or term is refused", () => {
  for (const type of [24, -1, 1.5, Number.NaN]) {
    invalid(nodeOf(), { type: type as MessageType, from: 2, term: 1 }, /no such type of message/);
  }
  for (const type of [
    MessageType.MsgApp,
    MessageType.MsgVote,
    MessageType.MsgHeartbeat,
    MessageType.MsgSnap,
    MessageType.MsgTimeoutNow,
    MessageType.MsgAppResp,
  ]) {
    invalid(leaderOf(), { type, from: 2 }, /no term/);
    const sender = type === MessageType.MsgAppResp ? StepPeerNotFoundError : InvalidMessageError;
    refused(nodeOf(), { type, term: 1 }, sender as new () => Error);
  }
});

test("numbers that are no safe integers are refused, and a term that none could follow", () => {
  for (const field of ["to", "from", "term", "logTerm", "index", "commit", "rejectHint", "vote"]) {
    for (const bad of [-5, 0.5, Number.NaN, last + 1]) {
      const fields = { type: MessageType.MsgApp, from: 2, term: 1, [field]: bad };
      invalid(nodeOf(), fields, /is not a safe integer/);
    }
  }
  invalid(nodeOf(), { type: MessageType.MsgVote, from: 2, term: last }, /no term can follow/);
});

test("entries that do not follow each other, or the sender's term, are refused", () => {
  const append = { type: MessageType.MsgApp, from: 2, term: 3, index: 0, logTerm: 0 };
  const terms = entriesOf([1, 2, 3]);
  const gap = [terms[0], terms[2]].map((entry) => entry ?? newEntry());
  invalid(nodeOf(), { ...append, entries: gap }, /entry 3 where 2 should be/);
  invalid(nodeOf(), { ...append, entries: entriesOf([1], 2) }, /entry 2 where 1 should be/);
  invalid(nodeOf(), { ...append, entries: entriesOf([2, 1]) }, /entry 2 of term 1 behind term 2/);
  invalid(nodeOf(), { ...append, entries: entriesOf([4]) }, /entry 1 has the newer term 4/);
  const end = { index: last, entries: entriesOf([1], last + 1) };
  invalid(nodeOf(), { ...append, ...end }, /is out of range/);
  nodeOf().step(newMessage({ ...append, to: 1, entries: terms }));
});

test("a heartbeat that commits what this log does not have is refused: the log was lost", () => {
  const lost = /tocommit\(1\) is out of range \[lastIndex\(0\)\]/;
  invalid(nodeOf(), { type: MessageType.MsgHeartbeat, from: 2, term: 1, commit: 1 }, lost);
});

test("a heartbeat of an earlier term may say what it will", () => {
  const leader = leaderOf();
  leader.step(newMessage({ type: MessageType.MsgHeartbeat, from: 2, to: 1, term: 1, commit: 0 }));
});

test("an acknowledgement beyond the leader's log is refused", () => {
  const ack = { type: MessageType.MsgAppResp, from: 2, term: 1, index: 2 };
  invalid(leaderOf(), ack, /acknowledges 2, the log ends at 1/);
  leaderOf().step(newMessage({ ...ack, to: 1, index: 1 }));
});

test("a rejection with any hint is survived", () => {
  const leader = leaderOf();
  const reject = { type: MessageType.MsgAppResp, from: 2, to: 1, term: 1, reject: true };
  for (const index of [0, 1, 2, last]) {
    for (const rejectHint of [0, 1, last]) {
      for (const logTerm of [0, 1, last]) {
        leader.step(newMessage({ ...reject, index, rejectHint, logTerm }));
      }
    }
  }
  assert.equal(leader.status().progress.get(2)?.match, 0);
});

test("a read is confirmed with contexts of this leader only", () => {
  const leader = leaderOf();
  const ack = { type: MessageType.MsgHeartbeatResp, from: 2, term: 1 };
  invalid(leader, { ...ack, context: new Uint8Array(3) }, /its context of 3 bytes is not ours/);
  const first = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  invalid(leader, { ...ack, context: first }, /confirms read 1, the newest is 0/);
  leader.step(newMessage({ ...ack, to: 1, context: new Uint8Array(0) }));
});

test("requests without content are refused", () => {
  const [ask, propose] = [MessageType.MsgReadIndex, MessageType.MsgProp];
  invalid(leaderOf(), { type: ask, from: 2 }, /0 entries in place of 1/);
  invalid(leaderOf(), { type: ask, from: 2, entries: entriesOf([0, 0]) }, /2 entries in place/);
  invalid(leaderOf(), { type: propose, from: 2 }, /no entries/);
  assert.throws(() => leaderOf().proposeBatch([]), InvalidMessageError);
});

test("a proposed configuration change that cannot be read is refused, with all beside it", () => {
  for (const type of [EntryType.EntryConfChange, EntryType.EntryConfChangeV2]) {
    const entries = [newEntry({ data: data("fine") }), newEntry({ type, data: data("?") })];
    const fields = { type: MessageType.MsgProp, from: 2, entries };
    refused(leaderOf(), fields, DecodeError as new () => Error);
  }
});

test("a snapshot with an impossible configuration is refused", () => {
  const snapshot = (learners: number[]) =>
    newSnapshot({ index: 5, term: 1, confState: newConfState({ voters: [1], learners }) });
  const joint = newConfState({ voters: [], votersOutgoing: [1], learnersNext: [1] });
  const fields = { type: MessageType.MsgSnap, from: 2, term: 1 };
  const empty = newSnapshot({ index: 5, term: 1, confState: joint });
  invalid(nodeOf(), { ...fields, snapshot: empty }, /removed all voters/);
  const node = nodeOf();
  node.step(newMessage({ ...fields, to: 1, snapshot: snapshot([2]) }));
  assert.equal(node.ready().snapshot?.metadata.index, 5);
});

test("a MsgSnap without a snapshot is answered like an old one", () => {
  const node = nodeOf();
  node.step(newMessage({ type: MessageType.MsgSnap, from: 2, to: 1, term: 1 }));
  const [response] = node.ready().messages;
  assert.deepEqual([response?.type, response?.index], [MessageType.MsgAppResp, 0]);
});

test("messages that make no sense for the role are ignored", () => {
  const types = Object.values(MessageType).filter((type) => !isLocalMsg(type));
  for (const node of [nodeOf(), leaderOf()]) {
    for (const type of types) {
      try {
        node.step(newMessage({ type, from: 2, to: 1, term: 1, entries: entriesOf([1]) }));
      } catch (error) {
        assert.ok(error instanceof ProposalDroppedError, String(error));
      }
    }
  }
});

test("a stranger may lead, since this node may not know the newest configuration", () => {
  const node = nodeOf();
  const entries = entriesOf([2]);
  node.step(newMessage({ type: MessageType.MsgApp, from: 9, to: 1, term: 2, entries }));
  assert.equal(node.basicStatus().softState.lead, 9);
});
