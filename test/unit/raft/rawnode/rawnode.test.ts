import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CompactedError,
  type Entry,
  InvariantError,
  isEmptyHardState,
  isEmptySnap,
  type Message,
  MessageType,
  mustSync,
  newConfState,
  newEntry,
  newMessage,
  newSnapshot,
  ProposalDroppedError,
  type RawNode,
  type Snapshot,
  SnapshotTemporarilyUnavailableError,
} from "../../../../src/raft/index.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { drain, nodeOf, singleton } from "../support/rawnode.ts";
import { data, entriesOf, storageOf, termsOf } from "../support/testnode.ts";

test("a single voter leads, and applies what it is told, by itself", () => {
  const { node, storage } = singleton();
  node.propose(data("a"));
  node.proposeBatch([data("b"), data("c")]);
  const { applied, messages } = drain(node, storage);
  assert.deepEqual(
    applied.map(({ data: bytes }) => String.fromCharCode(...bytes)),
    ["a", "b", "c"],
  );
  assert.deepEqual(messages, []);
  assert.deepEqual(node.basicStatus(), {
    id: 1,
    hardState: { term: 1, vote: 1, commit: 4 },
    softState: { lead: 1, raftState: "StateLeader" },
    applied: 4,
    leadTransferee: 0,
  });
});

test("a Ready tells what changed, once", () => {
  const storage = storageOf({ voters: [1, 2, 3] });
  const node = nodeOf(storage);
  assert.equal(node.hasReady(), false);
  node.campaign();
  assert.equal(node.hasReady(), true);
  const ready = node.ready();
  assert.deepEqual(ready.softState, { lead: 0, raftState: "StateCandidate" });
  assert.deepEqual(ready.hardState, { term: 1, vote: 1, commit: 0 });
  assert.equal(ready.mustSync, true);
  assert.deepEqual(
    ready.messages.map(({ type, to }) => [type, to]),
    [
      [MessageType.MsgVote, 2],
      [MessageType.MsgVote, 3],
    ],
  );
  node.advance();
  assert.equal(node.hasReady(), false);
});

test("only term, vote and entries must be synced", () => {
  const state = { term: 1, vote: 1, commit: 1 };
  assert.equal(mustSync({ ...state, commit: 2 }, state, 0), false);
  assert.equal(mustSync({ ...state, term: 2 }, state, 0), true);
  assert.equal(mustSync({ ...state, vote: 2 }, state, 0), true);
  assert.equal(mustSync(state, state, 1), true);
});

test("what is empty is recognized", () => {
  assert.equal(isEmptyHardState(undefined), true);
  assert.equal(isEmptyHardState({ term: 0, vote: 0, commit: 0 }), true);
  for (const field of ["term", "vote", "commit"]) {
    assert.equal(isEmptyHardState({ term: 0, vote: 0, commit: 0, [field]: 1 }), false);
  }
  assert.equal(isEmptySnap(undefined), true);
  assert.equal(isEmptySnap(newSnapshot()), true);
  assert.equal(isEmptySnap(newSnapshot({ index: 1 })), false);
});

test("a Ready must be advanced before the next, where the node waits for it", () => {
  const { node } = singleton();
  node.propose(data("a"));
  node.ready();
  node.propose(data("b"));
  assert.throws(() => node.ready(), /two accepted Ready structs without call to Advance/);
});

test("there is nothing to advance with asynchronous storage writes", () => {
  const node = nodeOf(storageOf({ voters: [1] }), { asyncStorageWrites: true });
  assert.throws(() => node.advance(), InvariantError);
});

test("committed entries are handed out in pages of the limit, also over a restart", () => {
  const storage = storageOf({ voters: [1] });
  const big = Array.from({ length: 5 }, (_, i) => {
    return newEntry({ term: 1, index: i + 1, data: new Uint8Array(100) });
  });
  storage.append(big);
  storage.setHardState({ term: 1, vote: 1, commit: 5 });
  const node = nodeOf(storage, { maxCommittedSizePerReady: 220, applied: 1 });
  const pages: number[] = [];
  while (node.hasReady()) {
    const { committedEntries } = node.ready();
    pages.push(committedEntries.length);
    node.advance();
  }
  assert.deepEqual(pages, [2, 2]);
});

test("a storage that contradicts itself is refused", () => {
  const storage = storageOf({ voters: [1] });
  storage.setHardState({ term: 1, vote: 1, commit: 5 });
  assert.throws(() => nodeOf(storage), /1 state.commit 5 is out of range \[0, 0\]/);
  assert.throws(() => nodeOf(storageOf({ voters: [1] }), { applied: 1 }), InvariantError);
});

test("TestRawNodeStatus: a status is a copy, and only a leader knows of others", () => {
  const storage = storageOf({ voters: [1, 2] });
  const node = nodeOf(storage);
  assert.equal(node.status().progress.size, 0, "only a leader knows of others");
  node.campaign();
  drain(node, storage);
  node.step(newMessage({ type: MessageType.MsgVoteResp, from: 2, to: 1, term: 1 }));
  drain(node, storage);
  const before = node.status();
  assert.deepEqual(before.softState, { lead: 1, raftState: "StateLeader" });
  assert.equal(String(before.progress.get(1)), "StateReplicate match=1 next=2");
  assert.equal(String(before.progress.get(2)), "StateProbe match=0 next=1 paused inactive");
  const own = before.progress.get(1);
  if (own !== undefined) own.match = 0;
  assert.equal(node.status().progress.get(1)?.match, 1);
  assert.equal(before.config.voters.toString(), "(1 2)");
});

/** A leader of two whose log begins behind index 5; member 2 needs what is compacted. */
function leaderWithLaggard(storage: MemoryStorage): RawNode {
  storage.applySnapshot(
    newSnapshot({ index: 5, term: 1, confState: newConfState({ voters: [1, 2] }) }),
  );
  const node = nodeOf(storage);
  node.campaign();
  drain(node, storage);
  const term = node.basicStatus().hardState.term;
  node.step(newMessage({ type: MessageType.MsgVoteResp, from: 2, to: 1, term }));
  drain(node, storage);
  const reject = { type: MessageType.MsgAppResp, from: 2, to: 1, term, index: 5, reject: true };
  node.step(newMessage(reject));
  return node;
}

test("a snapshot that is not ready yet is asked for again later", () => {
  class Busy extends MemoryStorage {
    busy = true;

    override snapshot(): Snapshot {
      if (this.busy) throw new SnapshotTemporarilyUnavailableError();
      return super.snapshot();
    }
  }
  const storage = new Busy();
  const node = leaderWithLaggard(storage);
  const sent = () => drain(node, storage).messages.map(({ type }) => type);
  assert.deepEqual(sent(), []);
  storage.busy = false;
  const term = node.basicStatus().hardState.term;
  node.step(newMessage({ type: MessageType.MsgHeartbeatResp, from: 2, to: 1, term }));
  assert.deepEqual(sent(), [MessageType.MsgSnap]);
  assert.equal(node.status().progress.get(2)?.state, "StateSnapshot");
  node.reportSnapshot(2, "failure");
  assert.equal(node.status().progress.get(2)?.next, 1);
});

test("a member whose next entry vanishes under the leader's hands gets a snapshot too", () => {
  class Vanishing extends MemoryStorage {
    override entries(lo: number, hi: number, maxSize: number): readonly Entry[] {
      if (lo <= 6) throw new CompactedError();
      return super.entries(lo, hi, maxSize);
    }
  }
  const storage = new Vanishing();
  storage.applySnapshot(
    newSnapshot({ index: 5, term: 1, confState: newConfState({ voters: [1, 2] }) }),
  );
  const node = nodeOf(storage);
  node.campaign();
  drain(node, storage);
  const { term } = node.basicStatus().hardState;
  node.step(newMessage({ type: MessageType.MsgVoteResp, from: 2, to: 1, term }));
  storage.append(node.ready().entries);
  node.advance();
  const answer = { type: MessageType.MsgHeartbeatResp, from: 2, to: 1, term };
  node.step(newMessage(answer));
  assert.deepEqual(
    drain(node, storage).messages.map(({ type }) => type),
    [MessageType.MsgSnap],
  );
});

test("a snapshot must not be empty where one is needed", () => {
  class Empty extends MemoryStorage {
    override snapshot(): Snapshot {
      return newSnapshot();
    }
  }
  assert.throws(() => leaderWithLaggard(new Empty()), /need non-empty snapshot/);
});

/** An async follower that is given entries, and what it wants stored for that. */
function append(node: RawNode, from: number, term: number, entries: Entry[]): Message {
  node.step(newMessage({ type: MessageType.MsgApp, from, to: 1, term, entries }));
  const [message] = node.ready().messages.filter(({ to }) => to < 0);
  assert.equal(message?.type, MessageType.MsgStorageAppend);
  return message as Message;
}

const deliverTo1 = (node: RawNode, { responses }: Message) => {
  for (const response of responses) if (response.to === 1) node.step(response);
};

test("an append that is acknowledged late does not vouch for entries written over since", () => {
  const storage = storageOf({ voters: [1, 2, 3] });
  const node = nodeOf(storage, { asyncStorageWrites: true });
  const first = entriesOf([1]);
  const one = append(node, 2, 1, first);
  const two = append(node, 3, 2, entriesOf([2]));
  // The first leader is back in a later term with its entry, whose index and term are as before.
  const three = append(node, 2, 3, first);
  storage.append(one.entries);
  deliverTo1(node, one);
  storage.append(two.entries);
  deliverTo1(node, two);
  assert.equal(storage.term(1), 2, "the storage still has the second one");
  assert.deepEqual(termsOf(three.entries), [1]);
  // Had the first acknowledgement ended the entry's being unstable, the node would now see term 2.
  node.step(
    newMessage({ type: MessageType.MsgVote, from: 3, to: 1, term: 4, index: 1, logTerm: 1 }),
  );
  const [granted] = node.ready().messages.flatMap(({ responses }) => responses);
  assert.deepEqual([granted?.type, granted?.reject], [MessageType.MsgVoteResp, false]);
});

test("storage messages carry the responses to deliver when they are done", () => {
  const storage = storageOf({ voters: [1, 2, 3] });
  const node = nodeOf(storage, { asyncStorageWrites: true });
  const message = append(node, 2, 1, entriesOf([1, 1]));
  assert.deepEqual([message.term, message.vote, message.commit], [1, 0, 0]);
  const kinds = message.responses.map(({ type, to, index }) => [type, to, index]);
  assert.deepEqual(kinds, [
    [MessageType.MsgAppResp, 2, 2],
    [MessageType.MsgStorageAppendResp, 1, 2],
  ]);
  storage.append(message.entries);
  deliverTo1(node, message);
  node.step(newMessage({ type: MessageType.MsgHeartbeat, from: 2, to: 1, term: 1, commit: 2 }));
  const apply = node.ready().messages.find(({ type }) => type === MessageType.MsgStorageApply);
  assert.deepEqual(termsOf(apply?.entries ?? []), [1, 1]);
  assert.equal(node.basicStatus().applied, 0);
  deliverTo1(node, apply as Message);
  assert.equal(node.basicStatus().applied, 2);
});

test("the time to the next campaign can be set, until the role changes", () => {
  const node = nodeOf(storageOf({ voters: [1, 2] }));
  node.setRandomizedElectionTimeout(3);
  node.tick();
  node.tick();
  assert.equal(node.basicStatus().hardState.term, 0);
  node.tick();
  assert.equal(node.basicStatus().softState.raftState, "StateCandidate");
});

test("TestRawNodeConsumeReady: what a Ready hands out is gone, what comes after it is kept", () => {
  const storage = storageOf({ voters: [1, 2, 3] });
  const node = nodeOf(storage);
  node.campaign();
  assert.equal(node.hasReady() && node.hasReady(), true, "asking takes nothing");
  assert.deepEqual(
    node.ready().messages.map(({ type }) => type),
    [MessageType.MsgVote, MessageType.MsgVote],
  );
  assert.equal(node.hasReady(), false);
  node.step(newMessage({ type: MessageType.MsgHeartbeat, from: 2, to: 1, term: 1 }));
  node.advance();
  assert.deepEqual(
    node.ready().messages.map(({ type, to }) => [type, to]),
    [[MessageType.MsgHeartbeatResp, 2]],
  );
});

test("TestRawNodeReadIndex: a read is answered once, with the index to wait for", () => {
  const { node, storage } = singleton();
  node.propose(data("a"));
  drain(node, storage);
  const requestCtx = data("read 1");
  node.readIndex(requestCtx);
  assert.equal(node.hasReady(), true);
  assert.deepEqual(node.ready().readStates, [{ index: 2, requestCtx }]);
  node.advance();
  assert.equal(node.hasReady(), false);
  assert.deepEqual(node.ready().readStates, []);
});

test("a follower passes a read on to its leader, and answers it when that has", () => {
  const node = nodeOf(storageOf({ voters: [1, 2, 3] }));
  node.step(newMessage({ type: MessageType.MsgHeartbeat, from: 2, to: 1, term: 1 }));
  node.ready();
  node.advance();
  const requestCtx = data("read 1");
  node.readIndex(requestCtx);
  const [request] = node.ready().messages;
  node.advance();
  assert.deepEqual([request?.type, request?.to], [MessageType.MsgReadIndex, 2]);
  assert.deepEqual(request?.entries[0]?.data, requestCtx);
  const entries = request?.entries ?? [];
  const answer = { type: MessageType.MsgReadIndexResp, from: 2, to: 1, term: 1 };
  node.step(newMessage({ ...answer, index: 7, entries }));
  assert.deepEqual(node.ready().readStates, [{ index: 7, requestCtx }]);
});

test("TestRawNodeBoundedLogGrowthWithPartition: what cannot commit grows up to a limit", () => {
  const fits = 16;
  const payload = data("testdata");
  const limit = fits * payload.length;
  const { node, storage } = singleton({ maxUncommittedEntriesSize: limit });
  const accepted = () => {
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      try {
        node.propose(payload);
        count++;
      } catch (error) {
        assert.ok(error instanceof ProposalDroppedError, String(error));
      }
    }
    return count;
  };
  assert.equal(accepted(), fits);
  const { entries } = node.ready();
  assert.equal(entries.length, fits);
  storage.append(entries);
  node.advance();
  assert.equal(accepted(), 0, "entries that are stored count until they are applied");
  assert.equal(node.ready().committedEntries.length, fits);
  assert.equal(accepted(), 0);
  node.advance();
  assert.equal(accepted(), fits);
});
