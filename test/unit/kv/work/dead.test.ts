/** What does not live any more is charged where it is walked past, alike by all members. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { cost } from "../../../../src/kv/work/work.ts";
import { CompactionRequest, SortOrder } from "../../../../src/proto/generated/etcd.ts";
import { Manifest, Request } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";
import {
  type Body,
  boundedMachine,
  comparison,
  deleteOp,
  deletion,
  keyOf,
  one,
  put,
  putOp,
  raiseVersion,
  range,
  rangeOp,
  refused,
  spent,
  times,
  txn,
} from "./requests.ts";

const compaction = (revision: number) => ({ compaction: CompactionRequest.create({ revision }) });
const compact = (machine: Machine) => machine.does(compaction(machine.state.revision));
const remove = (machine: Machine): void => {
  machine.checkpoint();
  machine.state.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
  while (!machine.state.checkpoints.compactSlice({ maxRows: 1_000, maxBytes: 1_000_000 }));
};
const ranges = (count: number, more = {}) =>
  txn({ success: times(count, () => rangeOp(range("k", more))) });

/** With 4,000 keys that were deleted, on disk or in memory. */
function withDeleted(stored: boolean): Machine {
  const machine = boundedMachine({ maxWork: 100_000_000 });
  const puts = (from: number) =>
    txn({ success: times(100, (i) => putOp({ key: bytes(keyOf("k", from + i)) })) });
  for (let from = 0; from < 4_000; from += 100) machine.does(puts(from));
  machine.does({ deleteRange: deletion("k") });
  if (stored) machine.checkpoint(2_000);
  return machine;
}

for (const stored of [true, false]) {
  test(`walks over deleted keys are charged, ${stored ? "on disk" : "in memory"}`, () => {
    const machine = withDeleted(stored);
    refused(machine, ranges(100));
    refused(machine, ranges(100, { countOnly: true }));
    refused(machine, ranges(100, { revision: 2 }));
    refused(machine, ranges(100, { sortOrder: SortOrder.DESCEND }));
    refused(machine, txn({ success: times(100, () => deleteOp("k")) }));
    refused(machine, txn({ compare: times(100, () => comparison("k")) }));
    const work = spent(machine, ranges(4));
    assert.ok(work >= 4 * 4_000 * cost.walk);
    machine.restart(machine.checkpoint());
    assert.equal(spent(machine, ranges(4)), work);
  });
}

test("what is compacted is charged to nobody, and goes", () => {
  const machine = withDeleted(true);
  compact(machine);
  machine.does(put("z"));
  compact(machine);
  machine.does(ranges(100));
  machine.does(ranges(100, { countOnly: true }));
  remove(machine);
  machine.does(ranges(100));
});

test("until it has gone here, no walks over it are proposed or read here", () => {
  const machine = withDeleted(true);
  compact(machine);
  machine.does(put("z"));
  compact(machine);
  const write = (body: Body) => Request.create(body);
  const walks = [ranges(100), ranges(100, { countOnly: true })];
  for (const { txn: request } of walks) {
    const body = txn({ ...request, failure: [putOp({ key: bytes("p") })] });
    assert.throws(() => machine.state.weigh(write(body)), { message: errors.tooMuchWork.text });
    assert.throws(() => machine.query(txn({ ...request })), { message: errors.tooMuchWork.text });
  }
  remove(machine);
  for (const body of walks) {
    assert.equal(machine.state.weigh(write(body)).heavy, false);
    machine.query(body);
  }
});

test("walks and counts pass the versions of their range, and no others", () => {
  const machine = boundedMachine();
  for (let i = 0; i < 2_000; i++) machine.does(put(i % 2 === 0 ? "j" : "k"));
  const around = cost.operation + 2 * cost.seek + cost.walk + cost.count + 100;
  const each = cost.dead + cost.deadKeyByte;
  for (const _ of [0, 1]) {
    for (const more of [{}, { countOnly: true }, { revision: 1_000 }]) {
      const body = (key: string) => txn({ success: [rangeOp(range(key, more))] });
      assert.ok(spent(machine, body("z")) <= around);
      const work = spent(machine, body("k"));
      assert.ok(work >= 999 * each && work <= 1_000 * each + around, `${work}`);
    }
    assert.ok(spent(machine, { deleteRange: deletion("z") }) <= around);
    machine.checkpoint();
  }
  const long = "l".repeat(60_000);
  for (let i = 0; i < 5; i++) machine.does(put(long));
  for (const countOnly of [true, false]) {
    const work = spent(machine, txn({ success: [rangeOp(range("l", { countOnly }))] }));
    assert.ok(work >= 5 * 60_000 * cost.deadKeyByte);
  }
});

test("a walk that would pass too much is refused before it is made", () => {
  const machine = boundedMachine({ maxWork: 1_000_000 });
  for (let i = 0; i < 2_000; i++) machine.does(put("k"));
  refused(machine, ranges(1));
  machine.does(txn({ success: [rangeOp(range("j"))] }));
  machine.checkpoint();
  refused(machine, ranges(1));
  machine.does(txn({ success: [rangeOp(range("j"))] }));
});

test("versions are counted from the same entry on by all members", () => {
  const [all, restored] = [new Machine(), new Machine()];
  for (const machine of [all, restored]) {
    for (let i = 0; i < 20; i++) machine.does(put("k"));
  }
  // A manifest of older code knows nothing of them.
  const { dead: _, ...manifest } = Manifest.decode(restored.checkpoint());
  restored.restart(Manifest.encode(Manifest.create(manifest)));
  for (const machine of [all, restored]) {
    raiseVersion(machine);
    machine.does(put("k"));
  }
  const body = txn({ success: [rangeOp(range("k"))] });
  assert.equal(spent(all, body), spent(restored, body));
});

/** A machine that writes its state down, removes what is compacted, and dies, all at whim. */
class Busy {
  readonly machine = boundedMachine();
  #manifest = this.machine.checkpoint();
  /** What was applied since. */
  #log: Uint8Array[] = [];

  /** Work, and how it ended. */
  apply(data: Uint8Array): readonly unknown[] {
    this.#log.push(data);
    return workOf(this.machine, data);
  }

  checkpoint(): void {
    this.#manifest = this.machine.checkpoint();
    this.#log = [];
    const { state } = this.machine;
    state.checkpoints.oldestRetainedCompaction = state.compactRevision;
  }

  /** What was written of a checkpoint that did not end is there, and comes again. */
  die(): void {
    const { state } = this.machine;
    const { oldestRetainedCompaction } = state.checkpoints;
    state.checkpoints.freeze();
    state.checkpoints.writeSlice({ maxRows: 30, maxBytes: 1_000_000 });
    this.machine.restart(this.#manifest);
    this.machine.state.checkpoints.oldestRetainedCompaction = oldestRetainedCompaction;
    for (const data of this.#log) this.machine.applyData(data);
  }
}

function workOf(machine: Machine, data: Uint8Array): readonly unknown[] {
  const before = machine.state.work;
  const { error } = machine.applyData(data);
  return [machine.state.work - before, error?.message];
}

/** Numbers from 0 to below the bound, the same in every run. */
function numbers(): (bound: number) => number {
  let state = 1;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}

test("work is the same wherever versions are, and whenever what is compacted is removed", () => {
  const below = numbers();
  const [calm, busy] = [boundedMachine(), new Busy()];
  const name = () => `k${below(24)}`;
  const walk = (revision: number) => {
    const more = { revision, limit: below(4), sortOrder: below(3) };
    const [from = "", to] = [name(), name()].sort();
    const rangeEnd = bytes(below(4) === 0 ? "\0" : `${to}~`);
    return rangeOp(one(from, { ...more, rangeEnd, countOnly: below(3) === 0 }));
  };
  const { state } = calm;
  for (let i = 0; i < 3_000; i++) {
    const oldest = Math.max(1, state.compactRevision);
    const since = state.revision - oldest + 1;
    const revision = below(2) === 0 ? 0 : oldest + below(Math.min(9, since));
    const bodies: readonly (() => Body)[] = [
      () => put(name()),
      () => put(name()),
      () => ({ deleteRange: deletion(name(), { rangeEnd: bytes(`${name()}~`) }) }),
      () => txn({ compare: [comparison(name())], success: [walk(0), deleteOp(name()), walk(0)] }),
      () => txn({ success: [walk(revision), walk(revision), walk(0)] }),
    ];
    const compacts = i > 1_000 && below(50) === 0;
    const body = compacts ? compaction(oldest + below(since)) : bodies[below(5)]?.();
    const data = calm.encode(body ?? {});
    assert.deepEqual(busy.apply(data), workOf(calm, data), `entry ${i}`);
    if (below(40) === 0) busy.checkpoint();
    if (below(60) === 0) busy.die();
    const slice = { maxRows: below(200), maxBytes: 5_000 };
    if (below(20) === 0) busy.machine.state.checkpoints.compactSlice(slice);
    if (below(200) === 0) calm.checkpoint();
  }
  assert.ok(state.compactRevision > 100);
  assert.equal(state.status.fingerprint(), busy.machine.state.status.fingerprint());
});

test("keys that are not there yet are charged as they are walked past", () => {
  const machine = boundedMachine();
  machine.does(put("k"));
  const before = spent(machine, ranges(1, { revision: 2 }));
  for (let i = 0; i < 100; i++) machine.does(put(keyOf("k", i)));
  for (const _ of [0, 1]) {
    const work = spent(machine, ranges(1, { revision: 2 })) - before;
    assert.ok(work >= 100 * cost.walk && work < 101 * (cost.walk + 8 * cost.keyByte));
    machine.checkpoint();
  }
});
