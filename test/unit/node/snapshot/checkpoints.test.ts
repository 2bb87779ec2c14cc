import assert from "node:assert/strict";
import { test } from "node:test";
import { Checkpointer } from "../../../../src/node/snapshot/checkpoints.ts";
import { defaultTuning, type Tuning } from "../../../../src/node/world/tuning.ts";
import { newConfState, type Snapshot } from "../../../../src/proto/raftpb.ts";

function member(tuning: Partial<Tuning> = {}, slices = 1) {
  const steps: string[] = [];
  const confState = newConfState({ voters: [1, 2, 3] });
  const machine = {
    ...{ appliedIndex: 0, appliedTerm: 2, confState, left: 0 },
    status: { overlayBytes: 0 },
    checkpoints: {
      freeze() {
        steps.push(`getSnapshot at ${machine.appliedIndex}`);
        machine.left = slices;
        return Uint8Array.of(machine.appliedIndex);
      },
      writeSlice() {
        steps.push("slice");
        machine.left -= 1;
        return machine.left === 0;
      },
      finish: () => void steps.push("finish"),
    },
  };
  const saved: Snapshot[] = [];
  const log = {
    ...{ snapshotIndex: 0, olderIndex: 0, firstIndex: 1, logBytes: 0 },
    saveSnapshot(snapshot: Snapshot) {
      steps.push(`save ${snapshot.metadata.index}`);
      saved.push(snapshot);
      log.snapshotIndex = snapshot.metadata.index;
    },
    compact(index: number) {
      steps.push(`compact to ${index}`);
      log.firstIndex = index + 1;
    },
  };
  const state = { held: Number.POSITIVE_INFINITY, later: 0 };
  const checkpoint = new Checkpointer({
    tuning: { ...defaultTuning, ...tuning },
    machine,
    log,
    heldIndex: () => state.held,
    later: () => {
      state.later += 1;
    },
    taken: () => void steps.push("taken"),
  });
  const run = () => {
    checkpoint.step();
    while (checkpoint.running) checkpoint.step();
  };
  return { checkpoint, machine, log, state, steps, saved, run };
}

test("a snapshot is due when applied - snapshotIndex > snapshotCount, not at >=", () => {
  const { checkpoint, machine, log } = member();
  assert.equal(defaultTuning.snapshotCount, 10_000);
  log.snapshotIndex = 500;
  machine.appliedIndex = 10_500;
  assert.equal(checkpoint.due, false);
  machine.appliedIndex = 10_501;
  assert.equal(checkpoint.due, true);
});

test("it is due as well when the overlay outgrows its bound, but never without an entry", () => {
  const { checkpoint, machine, log } = member({ overlayBytes: 1_000 });
  machine.status.overlayBytes = 1_001;
  assert.equal(checkpoint.due, false);
  machine.appliedIndex = 1;
  assert.equal(checkpoint.due, true);
  log.snapshotIndex = 1;
  assert.equal(checkpoint.due, false);
});

test("a log of large entries is cut by its bytes: to what the older snapshot needs", () => {
  const { machine, log, steps, run } = member({ logBytes: 1_000, snapshotCount: 100 });
  log.snapshotIndex = log.olderIndex = 40;
  log.logBytes = 900;
  machine.appliedIndex = 141;
  run();
  assert.deepEqual(
    steps.filter((step) => step.startsWith("compact")),
    [],
    "within its bound",
  );
  log.logBytes = 1_001;
  machine.appliedIndex = 242;
  run();
  assert.deepEqual(
    steps.filter((step) => step.startsWith("compact")),
    ["compact to 40"],
  );
  // Entries of megabytes do not wait for as many as small ones.
  machine.appliedIndex = 244;
  log.logBytes = 4_001;
  run();
  assert.equal(log.snapshotIndex, 244);
});

test("it is due as well when the log outgrows its bound", () => {
  const { checkpoint, machine, log } = member({ logBytes: 1_000, snapshotCount: 100 });
  log.logBytes = 1_001;
  machine.appliedIndex = 11;
  assert.equal(checkpoint.due, true);
});

test("in order: getSnapshot, rows, records, compaction to applied - catch-up entries", () => {
  const { machine, log, steps, saved, run } = member({ snapshotCatchUpEntries: 5_000 }, 3);
  machine.appliedIndex = 20_000;
  run();
  assert.deepEqual(steps, [
    "getSnapshot at 20000",
    "slice",
    "slice",
    "slice",
    "save 20000",
    "finish",
    "compact to 15000",
    "taken",
  ]);
  const [snapshot] = saved;
  assert.deepEqual(snapshot?.metadata, {
    index: 20_000,
    term: 2,
    confState: newConfState({ voters: [1, 2, 3] }),
  });
  assert.equal(log.snapshotIndex, 20_000);
});

test("everything of it is of the turn that freezes, whatever is applied meanwhile", () => {
  const { checkpoint, machine, saved } = member({ snapshotCatchUpEntries: 1 }, 2);
  machine.appliedIndex = 10_001;
  checkpoint.step();
  machine.appliedIndex = 10_777;
  machine.appliedTerm = 9;
  machine.confState = newConfState({ voters: [1] });
  checkpoint.step();
  assert.equal(saved.length, 0, "the record follows the rows");
  checkpoint.step();
  assert.equal(saved[0]?.metadata.index, 10_001);
  assert.equal(saved[0]?.metadata.term, 2);
  assert.deepEqual(saved[0]?.metadata.confState.voters, [1, 2, 3]);
});

test("each slice is a turn of its own", () => {
  const { checkpoint, machine, state } = member({}, 4);
  machine.appliedIndex = 10_001;
  checkpoint.step();
  assert.equal(state.later, 1);
  for (let i = 2; i <= 4; i++) {
    checkpoint.step();
    assert.equal(state.later, i);
  }
  checkpoint.step();
  assert.equal(state.later, 4);
  assert.equal(checkpoint.running, false);
});

test("what a transfer needs of the log is not compacted", () => {
  const { machine, state, steps, run } = member({ snapshotCatchUpEntries: 100 });
  machine.appliedIndex = 20_000;
  state.held = 12_345;
  run();
  assert.ok(steps.includes("compact to 12345"), steps.join(", "));
});

test("what a transfer held goes when it has ended, although no other snapshot is due", () => {
  const { checkpoint, machine, state, steps, run } = member({ snapshotCatchUpEntries: 100 });
  machine.appliedIndex = 20_000;
  state.held = 12_345;
  run();
  const before = steps.length;
  checkpoint.compactLog();
  assert.deepEqual(steps.slice(before), []);
  state.held = Number.POSITIVE_INFINITY;
  checkpoint.compactLog();
  checkpoint.compactLog();
  assert.deepEqual(steps.slice(before), ["compact to 19900"]);
});

test("one that was asked for is taken although little has changed", () => {
  const { checkpoint, machine, saved, run } = member();
  machine.appliedIndex = 3;
  assert.equal(checkpoint.due, false);
  checkpoint.ask();
  run();
  assert.equal(saved[0]?.metadata.index, 3);
  machine.appliedIndex = 4;
  assert.equal(checkpoint.due, false, "it was asked for once");
});

test("an installation ends a checkpoint that is in progress", () => {
  const { checkpoint, machine, saved } = member({}, 3);
  machine.appliedIndex = 10_001;
  checkpoint.step();
  checkpoint.forget();
  assert.equal(checkpoint.running, false);
  assert.deepEqual(saved, []);
});
