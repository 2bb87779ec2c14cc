/** A turn ends: whatever is in the log, and however much of it is committed at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core } from "../../../../src/node/core.ts";
import { Turn, type TurnParts } from "../../../../src/node/raft-node/turn.ts";
import { EntryType } from "../../../../src/proto/raftpb.ts";
import type { Ready } from "../../../../src/raft/index.ts";

/** A turn of a node that has one committed entry in each of endless Readies. */
function endless(workOfEntry: number) {
  let [applied, work] = [0, 0];
  const entry = () => ({ type: EntryType.EntryNormal, term: 1, index: applied + 1, data: some });
  const nothing = () => undefined;
  const ready = () => ({
    ...{ messages: [], entries: [], readStates: [] },
    committedEntries: [entry()],
  });
  const node = {
    hasReady: () => true,
    ready: () => ready() as unknown as Ready,
    advance: nothing,
  };
  const machine = {
    get appliedIndex() {
      return applied;
    },
    get work() {
      return work;
    },
    apply() {
      applied += 1;
      work += workOfEntry;
    },
  };
  const storage = { raft: { lastIndex: () => Number.MAX_SAFE_INTEGER }, save: () => 0 };
  const core = { machine, storage, transport: { send: () => [] }, options: {} };
  const parts = {
    node,
    commits: { take: () => [] },
    rounds: { reads: { applied: () => false } },
    proposals: { applied: () => false },
    listeners: [],
  };
  const turn = new Turn(core as unknown as Core, parts as unknown as TurnParts);
  return { turn, applied: () => applied };
}
const some = new Uint8Array(1);

test("entries that take long end a turn early, and the rest waits for another", () => {
  const dear = endless(400_000_000);
  assert.deepEqual(dear.turn.drain(1_000), {
    ...{ answered: false, more: true, installed: false },
  });
  assert.equal(dear.applied(), 2);
  dear.turn.drain(1_000);
  assert.equal(dear.applied(), 4, "each turn begins with at least one");
  const cheap = endless(1_000);
  cheap.turn.drain(100);
  assert.equal(cheap.applied(), 100);
});
