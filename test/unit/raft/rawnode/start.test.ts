import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Entry,
  MessageType,
  newConfState,
  newEntry,
  newMessage,
  newSnapshot,
  noLimit,
} from "../../../../src/raft/index.ts";
import { entriesSize } from "../../../../src/raft/log/size.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { handle, nodeOf } from "../support/rawnode.ts";
import { data, storageOf } from "../support/testnode.ts";

const nothing = {
  softState: undefined,
  hardState: undefined,
  readStates: [],
  entries: [],
  snapshot: undefined,
  committedEntries: [],
  messages: [],
  mustSync: false,
};

test("TestRawNodeStart: a node begins with the configuration that its storage was given", () => {
  // At an index above 0, so that a node without it cannot get there by entries alone.
  const storage = new MemoryStorage();
  const confState = newConfState({ voters: [1] });
  storage.applySnapshot(newSnapshot({ index: 1, confState }));
  const node = nodeOf(storage);
  assert.equal(node.hasReady(), false);

  node.campaign();
  assert.deepEqual(node.ready(), {
    ...nothing,
    softState: { lead: 0, raftState: "StateCandidate" },
    hardState: { term: 1, vote: 1, commit: 1 },
    mustSync: true,
  });
  node.advance();
  node.propose(data("foo"));

  const entries = [
    newEntry({ term: 1, index: 2 }),
    newEntry({ term: 1, index: 3, data: data("foo") }),
  ];
  const softState = { lead: 1, raftState: "StateLeader" };
  assert.deepEqual(node.ready(), { ...nothing, softState, entries, mustSync: true });
  storage.append(entries);
  node.advance();

  const hardState = { term: 1, vote: 1, commit: 3 };
  assert.deepEqual(node.ready(), { ...nothing, hardState, committedEntries: entries });
  node.advance();
  assert.equal(node.hasReady(), false);
});

test("TestRawNodeRestart: a node goes on with what it knew to be committed", () => {
  const storage = storageOf({ voters: [1] });
  const entries = [newEntry({ term: 1, index: 1 }), newEntry({ term: 1, index: 2 })];
  storage.append(entries);
  storage.setHardState({ term: 1, vote: 0, commit: 1 });
  const node = nodeOf(storage);
  assert.deepEqual(node.ready(), { ...nothing, committedEntries: entries.slice(0, 1) });
  node.advance();
  assert.equal(node.hasReady(), false);
  const { hardState, applied } = node.basicStatus();
  assert.deepEqual([hardState, applied], [{ term: 1, vote: 0, commit: 1 }, 1]);
});

test("TestRawNodeRestartFromSnapshot: what a snapshot holds is not applied again", () => {
  const storage = new MemoryStorage();
  const confState = newConfState({ voters: [1, 2] });
  storage.applySnapshot(newSnapshot({ index: 2, term: 1, confState }));
  const entries = [newEntry({ term: 1, index: 3, data: data("foo") })];
  storage.append(entries);
  storage.setHardState({ term: 1, vote: 0, commit: 3 });
  const node = nodeOf(storage);
  assert.equal(node.status().config.voters.toString(), "(1 2)");
  assert.deepEqual(node.ready(), { ...nothing, committedEntries: entries });
  node.advance();
  assert.equal(node.hasReady(), false);
});

test("TestRawNodeCommitPaginationAfterRestart: no entry is skipped", () => {
  class Generous extends MemoryStorage {
    override entries(lo: number, hi: number): readonly Entry[] {
      return super.entries(lo, hi, noLimit);
    }
  }
  const storage = new Generous();
  storage.applySnapshot(newSnapshot({ confState: newConfState({ voters: [1] }) }));
  const entries = Array.from({ length: 11 }, (_, i) =>
    newEntry({ term: 1, index: i + 1, data: data("a") }),
  );
  storage.append(entries);
  storage.setHardState({ term: 1, vote: 1, commit: 10 });
  // One byte short of the first nine: asked for ten, the storage answers with all of them.
  const node = nodeOf(storage, { maxSizePerMsg: entriesSize(entries.slice(0, 9)) - 1 });
  const applied: number[] = [];
  while (applied.length < 11) {
    assert.equal(node.hasReady(), true, `stopped at ${applied.length}`);
    applied.push(...handle(node, storage).applied.map(({ index }) => index));
    const commit = { type: MessageType.MsgHeartbeat, from: 2, to: 1, term: 1, commit: 11 };
    node.step(newMessage(commit));
  }
  assert.deepEqual(
    applied,
    entries.map(({ index }) => index),
  );
});

test("a stored configuration that is none ends the start", () => {
  const twice = storageOf({ voters: [1, 1] });
  assert.throws(() => nodeOf(twice), /ConfStates not equivalent/);
});
