import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, newConfState, newEntry, newSnapshot } from "../../src/proto/raftpb.ts";
import { type Loaded, loadMemberStorageAtOnce, loadSteps } from "../../src/storage/load.ts";
import { MemberStorage } from "../../src/storage/member-storage.ts";
import { TurnDatabase } from "../support/sqlite.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const metadata = text("cluster 7, member 1");

const voter = newConfState({ voters: [1] });

function entries(from: number, to: number, term: number): Entry[] {
  const list: Entry[] = [];
  for (let index = from; index <= to; index++) {
    list.push(newEntry({ index, term, data: text(`entry ${index} of ${term}`) }));
  }
  return list;
}

const snapshotAt = (index: number, term: number) =>
  newSnapshot({ index, term, confState: voter }, text(`manifest ${index}`));

function founder(database: TurnDatabase): MemberStorage {
  const founding = { snapshot: snapshotAt(1, 1), hardState: { term: 1, vote: 0, commit: 1 } };
  return MemberStorage.create(database.sql, { metadata, founding });
}

function reload(database: TurnDatabase, steps?: string[]): Loaded {
  database.commit();
  database.restart();
  const result = loadMemberStorageAtOnce(database.sql, { onStep: (step) => steps?.push(step) });
  assert.equal(result.state, "loaded", JSON.stringify(result));
  assert.ok(result.state === "loaded");
  return result;
}

test("how a node uses its own snapshot: the steps of a start come in this order", () => {
  const database = new TurnDatabase();
  const storage = founder(database);
  storage.save({ term: 1, vote: 1, commit: 1 }, entries(2, 20, 1));
  storage.save({ term: 1, vote: 1, commit: 18 }, []);
  storage.saveSnapshot(snapshotAt(15, 1));
  storage.save({ term: 2, vote: 2, commit: 18 }, entries(19, 22, 2));
  const steps: string[] = [];
  const loaded = reload(database, steps);
  assert.deepEqual(steps, loadSteps);
  const { raft } = loaded.storage;
  assert.deepEqual(loaded.snapshot, snapshotAt(15, 1));
  assert.deepEqual(raft.initialState(), {
    hardState: { term: 2, vote: 2, commit: 18 },
    confState: voter,
  });
  assert.equal(raft.firstIndex(), 16);
  assert.equal(raft.lastIndex(), 22);
  assert.deepEqual(raft.entries(16, 23, Infinity), [...entries(16, 18, 1), ...entries(19, 22, 2)]);
  assert.deepEqual(raft.snapshot(), snapshotAt(15, 1));
  assert.deepEqual(
    [15, 18, 19, 22].map((index) => raft.term(index)),
    [1, 1, 2, 2],
  );
});
