import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes, Machine } from "../support.ts";

const put = (key: string) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes("value") }),
});

/** Keys with long lives, several deaths among them, a snapshot of which is not compacted yet. */
function machine(): { machine: Machine; manifest: Uint8Array } {
  const machine = new Machine();
  for (let life = 0; life < 6; life += 1) {
    for (let i = 0; i < 60; i += 1) {
      const key = `key ${String(i).padStart(2, "0")}`;
      // Of unequal lengths, so that steps end at every place of a life.
      for (let n = 0; n <= (i + life) % 5; n += 1) machine.does(put(key));
      const deleteRange = DeleteRangeRequest.create({ key: bytes(key) });
      if (life < 5) machine.does({ deleteRange });
    }
  }
  // Everything but the last lives is compacted, and none of it is removed.
  const lastLife = machine.state.revision - 180;
  machine.checkpoint();
  machine.does({ compaction: CompactionRequest.create({ revision: lastLife }) });
  const manifest = machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = machine.state.compactRevision;
  return { machine, manifest };
}

test("what compaction removes between two steps of an audit is not missed", () => {
  const { machine: reference, manifest } = machine();
  const steps = () => {
    const audit = reference.state.transfers.audit(manifest);
    let count = 1;
    while (!audit.step()) count += 1;
    return count;
  };
  const whole = steps();
  assert.ok(whole > 4, `${whole} steps`);
  for (let after = 1; after < whole; after += 1) {
    const { machine: compacted, manifest } = machine();
    const audit = compacted.state.transfers.audit(manifest);
    for (let step = 0; step < after; step += 1) assert.equal(audit.step(), false);
    while (!compacted.state.checkpoints.compactSlice({ maxRows: 1_000, maxBytes: 1_000_000 }));
    while (!audit.step());
  }
});

test("compaction a few rows at a time, between all steps, is no damage either", () => {
  const { machine: compacted, manifest } = machine();
  const audit = compacted.state.transfers.audit(manifest);
  do compacted.state.checkpoints.compactSlice({ maxRows: 7, maxBytes: 1_000_000 });
  while (!audit.step());
});
