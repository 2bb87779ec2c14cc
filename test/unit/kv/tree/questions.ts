import assert from "node:assert/strict";
import { KEY_RANGE_INFINITY } from "../../../../src/kv/keys/key-range.ts";
import { mergeLive } from "../../../../src/kv/store/merge.ts";
import type { Store } from "../../../../src/kv/store/store.ts";
import type { BaseReader } from "../../../../src/kv/tree/base-reader.ts";
import type { KeyValue } from "../../../../src/proto/generated/etcd.ts";
import { keys } from "./life.ts";

/** A version whose value is read; nothing for one that does not live. */
function plain(kv: KeyValue | undefined) {
  return kv === undefined || kv.version === 0
    ? undefined
    : { ...kv, key: [...kv.key], value: [...kv.value] };
}

const ranges: readonly (readonly [string, string])[] = [
  ["", KEY_RANGE_INFINITY],
  ["a", "b"],
  ["a\0", "k"],
  ["k", "l"],
  [`${"k".repeat(130)}2`, `${"k".repeat(130)}5`],
  ["k".repeat(128), "k".repeat(131)],
  ["c", "c"],
];

/** Some revisions from one to another, both included. */
function between(first: number, last: number): number[] {
  const step = Math.max(1, Math.floor((last - first) / 5));
  const some = [];
  for (let at = first; at < last; at += step) some.push(at);
  return [...some, last];
}

/** Asks blocks and today's rows the same, for revisions all over what may be read. */
export function compareAnswers(store: Store, read: BaseReader): void {
  const { base } = store;
  const { revision } = read;
  assert.equal(store.persistedRevision, revision);
  const compaction = Math.max(0, store.compactRevision);
  for (const at of between(Math.max(1, compaction), revision)) {
    for (const key of [...keys, "absent", ""]) {
      assert.deepEqual(plain(read.get(key, at)), plain(base.get(key, at)), `${key} at ${at}`);
    }
    for (const [begin, end] of ranges) compareRange(store, read, begin, end, at);
  }
  compareHistory(store, read, compaction);
  assert.deepEqual([...read.leased()], [...base.leased("", revision, 1_000)]);
}

/** Asks blocks with the overlay above them what today's store is asked, at what came since. */
export function compareViews(store: Store, read: BaseReader): void {
  const { overlay, persistedRevision, revision } = store;
  if (read.revision !== persistedRevision) assert.equal(persistedRevision, 1);
  for (const at of between(persistedRevision, revision)) {
    const view = store.at(at);
    for (const [begin, end] of ranges) {
      for (const reverse of [false, true]) {
        const layers = [
          overlay.scan(begin, end, at, reverse),
          read.scanLive(begin, end, persistedRevision, reverse),
        ];
        assert.deepEqual(
          [...mergeLive(layers, reverse)].map(([key, kv]) => [key, plain(kv)]),
          [...view.scan({ begin, end }, reverse)].map(([key, kv]) => [key, plain(kv)]),
        );
      }
      const count = read.countLive(begin, end, persistedRevision);
      const beyond = overlay.countBeyondBase(begin, end, at);
      assert.equal(count + beyond, view.count({ begin, end }, Number.MAX_SAFE_INTEGER));
    }
  }
}

function compareRange(store: Store, read: BaseReader, begin: string, end: string, at: number) {
  const { base } = store;
  const { revision } = read;
  const above = store.compactRevision;
  for (const reverse of [false, true]) {
    assert.deepEqual(
      [...read.scanLive(begin, end, at, reverse)].map(([key, kv]) => [key, plain(kv)]),
      [...base.scanLive(begin, end, at, reverse)].map(([key, kv]) => [key, plain(kv)]),
    );
    const isSeen = ([, kv, passed]: readonly [string, KeyValue | undefined, number]) =>
      passed > 0 || plain(kv) !== undefined;
    const walkAt = { revision: at, above, persisted: revision };
    assert.deepEqual(
      [...read.walk(begin, end, at, above, reverse)]
        .filter(isSeen)
        .map(([key, kv, passed]) => [key, plain(kv), passed]),
      [...base.walk(begin, end, walkAt, reverse)]
        .filter(isSeen)
        .map(([key, kv, passed]) => [key, plain(kv), passed]),
    );
  }
  const all = Number.MAX_SAFE_INTEGER;
  assert.equal(read.countLive(begin, end, at), base.countLive(begin, end, at, all));
  for (const most of [1, 3, all]) {
    const own = read.passed(begin, end, above, at, most);
    const rows = base.passed(begin, end, above, at, most);
    assert.equal(own.count, rows.count);
    if (most === all) assert.equal(own.keyBytes, rows.keyBytes);
  }
}

function compareHistory(store: Store, read: BaseReader, compaction: number): void {
  const { base } = store;
  const changes = base.blocks.flatMap((block) => base.entries(block));
  for (const from of between(Math.max(1, compaction), read.revision + 1)) {
    const wanted = changes.filter((change) => change.revision >= from);
    assert.deepEqual([...read.changesFrom(from)], wanted);
  }
  for (const change of changes) {
    if (change.revision < compaction) continue;
    const own = read.version(change);
    assert.ok(own, `version ${change.revision} of ${change.key}`);
    assert.deepEqual(plain(own), plain(base.version(change)));
  }
}
