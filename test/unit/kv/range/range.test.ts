import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  HashKVRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  type RangeResponse,
  SortOrder,
  SortTarget,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes, Machine, text } from "../support.ts";

const keysOf = ({ kvs }: RangeResponse) => kvs.map(({ key }) => text(key));

/** a to e, written in an order of their own; c three times. Revisions 2 to 8. */
function filled(): Machine {
  const machine = new Machine();
  for (const [key, value] of ["c3", "a5", "e1", "c2", "b4", "d2", "c9"].map((kv) => [...kv])) {
    machine.does({ put: PutRequest.create({ key: bytes(key ?? ""), value: bytes(value ?? "") }) });
  }
  return machine;
}

const put = (key: string) => ({ put: PutRequest.create({ key: bytes(key) }) });
const all = { key: bytes("\0"), rangeEnd: bytes("\0") };
const refusedWith = (kind: { readonly text: string }) => ({ message: kind.text });

test("an empty store is at revision 1, and the first write makes 2", () => {
  const machine = new Machine();
  assert.equal(machine.state.revision, 1);
  assert.deepEqual(machine.range(all).header?.revision, 1);
  const { put } = machine.does({ put: PutRequest.create({ key: bytes("a") }) });
  assert.equal(put?.header?.revision, 2);
});

test("range_end: nothing is the key, 00 is all from it on, else the end is exclusive", () => {
  const machine = filled();
  const ends = (key: string, rangeEnd: string) =>
    keysOf(machine.range({ key: bytes(key), rangeEnd: bytes(rangeEnd) })).join("");
  assert.equal(ends("b", ""), "b");
  assert.equal(ends("bb", ""), "");
  assert.equal(ends("b", "\0"), "bcde");
  assert.equal(ends("\0", "\0"), "abcde");
  assert.equal(ends("b", "d"), "bc");
  assert.equal(ends("d", "b"), "");
  assert.equal(ends("b", "b"), "");
});

test("keys are compared as unsigned bytes", () => {
  const machine = new Machine();
  for (const key of ["\xff", "\x7f", "\x80", "a", "a\0"]) {
    machine.does({ put: PutRequest.create({ key: bytes(key) }) });
  }
  assert.deepEqual(keysOf(machine.range(all)), ["a", "a\0", "\x7f", "\x80", "\xff"]);
});

test("count says how many live in the range, whatever limit and filters take away", () => {
  const machine = filled();
  const limited = machine.range({ ...all, limit: 2, keysOnly: true });
  assert.deepEqual([keysOf(limited), limited.more, limited.count], [["a", "b"], true, 5]);
  const filtered = machine.range({ ...all, minModRevision: 9_999 });
  assert.deepEqual([filtered.kvs, filtered.more, filtered.count], [[], false, 5]);
  const counted = machine.range({ ...all, countOnly: true, limit: 1, minModRevision: 9_999 });
  assert.deepEqual([counted.kvs, counted.count], [[], 5]);
  assert.equal(machine.range({ ...all, limit: 5 }).more, false);
  assert.equal(machine.range({ ...all, limit: -1 }).kvs.length, 5);
});

test("keys_only leaves the values out, and keeps the lease", () => {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 77n, TTL: 60 }) });
  machine.does({ put: PutRequest.create({ key: bytes("a"), value: bytes("1"), lease: 77n }) });
  const [kv] = machine.range({ key: bytes("a"), keysOnly: true }).kvs;
  assert.deepEqual([kv?.value.length, kv?.lease], [0, 77n]);
});

test("filters are inclusive", () => {
  const machine = filled();
  assert.deepEqual(keysOf(machine.range({ ...all, minModRevision: 7 })), ["c", "d"]);
  assert.deepEqual(keysOf(machine.range({ ...all, maxModRevision: 4 })), ["a", "e"]);
  assert.deepEqual(keysOf(machine.range({ ...all, minCreateRevision: 6 })), ["b", "d"]);
  assert.deepEqual(keysOf(machine.range({ ...all, maxCreateRevision: 2 })), ["c"]);
  const cut = machine.range({ ...all, minModRevision: 6, limit: 2 });
  assert.deepEqual([keysOf(cut), cut.more], [["b", "c"], true]);
});

test("sorting by each target, and equals in key order", () => {
  const machine = filled();
  const by = (sortTarget: number, sortOrder: number) =>
    keysOf(machine.range({ ...all, sortTarget, sortOrder })).join("");
  assert.equal(by(SortTarget.KEY, SortOrder.DESCEND), "edcba");
  assert.equal(by(SortTarget.VERSION, SortOrder.ASCEND), "abdec");
  assert.equal(by(SortTarget.VERSION, SortOrder.DESCEND), "cabde");
  assert.equal(by(SortTarget.CREATE, SortOrder.ASCEND), "caebd");
  assert.equal(by(SortTarget.MOD, SortOrder.DESCEND), "cdbea");
  assert.equal(by(SortTarget.VALUE, SortOrder.ASCEND), "edbac");
  assert.equal(by(SortTarget.VALUE, SortOrder.NONE), "edbac");
});

test("without an explicit order the limit cuts before sorting, with one after it", () => {
  const machine = filled();
  const first = (more: Partial<RangeRequest>) =>
    machine.range({ ...all, sortTarget: SortTarget.MOD, limit: 2, ...more });
  // Of a, b and c, which are fetched: a is of 3, b of 6, c of 8. The oldest, e, is not among them.
  assert.deepEqual(keysOf(first({})), ["a", "b"]);
  assert.equal(first({}).more, true);
  assert.deepEqual(keysOf(first({ sortOrder: SortOrder.ASCEND })), ["a", "e"]);
  assert.deepEqual(keysOf(first({ minModRevision: 1 })), ["a", "e"]);
});

test("a revision reads the past; the header shows the present", () => {
  const machine = filled();
  const past = machine.range({ ...all, revision: 4 });
  assert.deepEqual(keysOf(past), ["a", "c", "e"]);
  assert.equal(past.header?.revision, 8);
  assert.deepEqual(keysOf(machine.range({ ...all, revision: 1 })), []);
  assert.equal(machine.range({ ...all, revision: -5 }).count, 5);
});

test("a future revision is refused, a compacted one too, the compaction itself is readable", () => {
  const machine = filled();
  assert.throws(() => machine.range({ ...all, revision: 9 }), refusedWith(errors.futureRevision));
  const beyond = Number.MAX_SAFE_INTEGER;
  assert.throws(
    () => machine.range({ ...all, revision: beyond }),
    refusedWith(errors.futureRevision),
  );
  machine.does({ compaction: CompactionRequest.create({ revision: 5 }) });
  assert.throws(() => machine.range({ ...all, revision: 4 }), refusedWith(errors.compacted));
  assert.equal(machine.range({ ...all, revision: 5 }).count, 3);
});

test("an empty key and an unknown sort option are refused", () => {
  const machine = filled();
  assert.throws(() => machine.range({}), refusedWith(errors.emptyKey));
  const sortless = refusedWith(errors.invalidSortOption);
  assert.throws(() => machine.range({ ...all, sortOrder: 3 }), sortless);
  assert.throws(() => machine.range({ ...all, sortTarget: -1 }), sortless);
});

test("a range beyond the page's bytes goes on at the key it names, in either direction", () => {
  const machine = new Machine();
  const value = new Uint8Array(300);
  for (let i = 10; i < 60; i++) {
    machine.does({ put: PutRequest.create({ key: bytes(`k${i}`), value }) });
    if (i === 40) machine.checkpoint();
  }
  machine.does({ deleteRange: DeleteRangeRequest.create({ key: bytes("k33") }) });
  for (const sortOrder of [SortOrder.NONE, SortOrder.DESCEND]) {
    const keys: string[] = [];
    let pageKey: Uint8Array = new Uint8Array(0);
    let pages = 0;
    do {
      const range = RangeRequest.create({ ...all, sortOrder });
      const page = machine.query({ range, maxBytes: 2_000, pageKey });
      keys.push(...keysOf(page.range as RangeResponse));
      assert.equal(page.range?.count, pages === 0 ? 49 : 0);
      pageKey = page.nextKey;
      pages++;
    } while (pageKey.length > 0);
    const expected = keysOf(machine.range({ ...all, keysOnly: true, sortOrder }));
    assert.deepEqual(keys, expected);
    assert.ok(pages > 5);
  }
});

test("a sorted range whose answer outgrows memory is refused, with a limit it is answered", () => {
  const machine = new Machine();
  const value = new Uint8Array(1_000_000);
  for (let i = 0; i < 9; i++) {
    machine.does({ put: PutRequest.create({ key: bytes(`k${i}`), value }) });
  }
  const sorted = { ...all, sortTarget: SortTarget.MOD, sortOrder: SortOrder.DESCEND };
  assert.throws(() => machine.range(sorted), refusedWith(errors.responseTooLarge));
  assert.deepEqual(keysOf(machine.range({ ...sorted, limit: 2 })), ["k8", "k7"]);
});

test("a page walks past no more keys than a turn has time for, shown or not", () => {
  const machine = new Machine({ maxPageKeys: 3 });
  for (const key of ["a", "b", "c", "d", "e", "f", "g"]) machine.does(put(key));
  const range = RangeRequest.create({ key: bytes("a"), rangeEnd: bytes("z"), minModRevision: 8 });
  const found: string[] = [];
  let pages = 0;
  for (let pageKey = new Uint8Array(); ; pages++) {
    const { range: page, nextKey } = machine.query({ range, pageKey });
    found.push(...(page?.kvs ?? []).map(({ key }) => text(key)));
    if (pages === 0) assert.equal(page?.count, 7);
    if (nextKey.length === 0) break;
    pageKey = nextKey.slice();
  }
  assert.deepEqual(found, ["g"]);
  assert.equal(pages, 2);
});

test("sorting, and summing up the past, say where they are too much for one turn", () => {
  const machine = new Machine({ maxPageKeys: 3 });
  for (const key of ["a", "b", "c"]) machine.does(put(key));
  const sorted = { key: bytes("a"), rangeEnd: bytes("z"), sortTarget: SortTarget.MOD };
  assert.equal(machine.range(sorted).kvs.length, 3);
  const past = HashKVRequest.create({ revision: 4 });
  assert.ok(machine.query({ hashKv: past }).hashKv?.hash);
  for (const key of ["d", "e"]) machine.does(put(key));
  const tooMuch = { message: errors.tooManyLooks.text };
  assert.throws(() => machine.range(sorted), tooMuch);
  assert.ok(machine.query({ hashKv: past }).hashKv, "it had three keys then");
  machine.does(put("f"));
  assert.throws(() => machine.query({ hashKv: HashKVRequest.create({ revision: 6 }) }), tooMuch);
  // What is now is summed up anew, too: the front does it by pages.
  assert.throws(() => machine.query({ hashKv: HashKVRequest.create() }), tooMuch);
});
