import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
} from "../../../src/proto/generated/etcd.ts";
import { bytes, Machine, text } from "./support.ts";

const put = (key: string, value = "1") => ({
  put: PutRequest.create({ key: bytes(key), value: bytes(value) }),
});
const everything = { maxRevisions: 1_000_000, maxBytes: 1_000_000_000 };

test("history is whole over base and overlay, while a checkpoint moves it", () => {
  const machine = new Machine();
  for (let i = 0; i < 100; i++) machine.does(put(`k${i % 7}`, `${i}`));
  const revisions = () =>
    machine.state.history
      .eventsFrom(2, () => true, everything)
      .events.map(({ kv }) => kv?.modRevision);
  const expected = Array.from({ length: 100 }, (_, i) => i + 2);
  assert.deepEqual(revisions(), expected);
  machine.state.checkpoints.freeze();
  while (!machine.state.checkpoints.writeSlice({ maxRows: 13, maxBytes: 9_999 })) {
    assert.deepEqual(revisions(), expected);
  }
  machine.state.checkpoints.finish();
  assert.deepEqual(revisions(), expected);
});

test("a page ends between revisions, never within one", () => {
  const machine = new Machine();
  for (const key of ["a", "b", "c"]) machine.does(put(key));
  machine.does({
    deleteRange: DeleteRangeRequest.create({ key: bytes("a"), rangeEnd: bytes("z") }),
  });
  machine.does(put("d"));
  const page = (from: number, limits: Partial<typeof everything>) => {
    const { events, nextRevision } = machine.state.history.eventsFrom(from, () => true, {
      ...everything,
      ...limits,
    });
    return [events.length, nextRevision];
  };
  assert.deepEqual(page(2, { maxRevisions: 2 }), [2, 4]);
  assert.deepEqual(page(4, { maxBytes: 35 }), [4, 6]);
  assert.deepEqual(page(5, { maxRevisions: 1 }), [3, 6]);
  assert.deepEqual(page(6, {}), [1, 7]);
  assert.deepEqual(page(7, {}), [0, 7]);
});

test("only wanted keys are brought, and revisions without any are passed over", () => {
  const machine = new Machine();
  for (let i = 0; i < 200; i++) machine.does(put(i % 50 === 0 ? "rare" : "often"));
  machine.checkpoint();
  for (let i = 0; i < 50; i++) machine.does(put("often"));
  const { events, nextRevision } = machine.state.history.eventsFrom(
    2,
    (key) => key === "rare",
    everything,
  );
  assert.deepEqual(
    events.map(({ kv }) => kv?.modRevision),
    [2, 52, 102, 152],
  );
  assert.equal(nextRevision, machine.state.revision + 1);
});

test("a key as of a revision: what lived, or nothing", () => {
  const machine = new Machine();
  machine.does(put("a", "1"));
  machine.does(put("a", "2"));
  machine.does({ deleteRange: DeleteRangeRequest.create({ key: bytes("a") }) });
  machine.checkpoint();
  const value = (revision: number) => {
    const kv = machine.state.history.valueAt(bytes("a"), revision);
    return kv && text(kv.value);
  };
  assert.deepEqual([1, 2, 3, 4, 9].map(value), [undefined, "1", "2", undefined, undefined]);
  machine.does({ compaction: CompactionRequest.create({ revision: 3 }) });
  assert.deepEqual([value(2), value(3)], [undefined, "2"]);
});
