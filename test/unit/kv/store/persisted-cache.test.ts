import assert from "node:assert/strict";
import { test } from "node:test";
import { Fingerprint, recordTag } from "../../../../src/kv/fingerprint/fingerprint.ts";
import { bytesOf } from "../../../../src/kv/keys/key-range.ts";
import { Lessor } from "../../../../src/kv/lease/lessor.ts";
import type { Base } from "../../../../src/kv/store/base.ts";
import { emptyStore, Store } from "../../../../src/kv/store/store.ts";
import type { Row } from "../../../../src/kv/store/version.ts";
import type { KeyValue } from "../../../../src/proto/generated/etcd.ts";

/** A store over a base that counts what it is asked for. */
class Counted {
  asked = 0;
  readonly #versions = new Map<string, KeyValue[]>();
  readonly store: Store;
  #queue: Row[] = [];

  constructor() {
    const base: Pick<Base, "get"> = {
      get: (key, revision) => {
        this.asked += 1;
        return this.#versions.get(key)?.findLast((kv) => kv.modRevision <= revision);
      },
    };
    const fingerprint = new Fingerprint();
    const leases = new Lessor(fingerprint.sink(recordTag.lease));
    this.store = new Store(base as Base, emptyStore, fingerprint, leases);
  }

  put(key: string, bytes: number): void {
    const prev = this.store.get(key);
    const modRevision = this.store.revision + 1;
    const createRevision = prev?.createRevision ?? modRevision;
    const version = (prev?.version ?? 0) + 1;
    const value = new Uint8Array(bytes).fill(modRevision);
    const kv = { key: bytesOf(key), value, createRevision, modRevision, version, lease: 0n };
    this.store.commit([{ key, kv, prev }]);
    this.#queue.push({ key, kv, second: false });
  }

  /** The oldest so many changes go to the base. */
  persist(count: number): void {
    const rows = this.#queue.splice(0, count);
    for (const { key, kv } of rows) {
      this.#versions.set(key, [...(this.#versions.get(key) ?? []), kv]);
    }
    this.store.persisted(rows.length, rows.at(-1)?.kv.modRevision ?? 0);
  }
}

test("keys that fit into memory once are asked for once, however often they are put", () => {
  const counted = new Counted();
  const round = () => {
    for (let i = 0; i < 10_000; i++) counted.put(`key ${i}`, 256);
    for (let slice = 0; slice < 5; slice++) counted.persist(2_000);
  };
  round();
  assert.equal(counted.asked, 10_000);
  for (let again = 0; again < 3; again++) round();
  assert.equal(counted.asked, 10_000);
});

test("while newer versions are in memory, past revisions are read as they were", () => {
  const counted = new Counted();
  const { store } = counted;
  for (let i = 0; i < 4; i++) counted.put("a", 8);
  const version = (revision: number) => store.at(revision).get("a")?.version;
  counted.persist(2);
  assert.deepEqual([3, 4, 5].map(version), [2, 3, 4]);
  // What was read of the base above must not be taken for what is there from now on.
  counted.persist(1);
  assert.deepEqual([4, 5].map(version), [3, 4]);
  counted.persist(1);
  assert.deepEqual([4, 5].map(version), [3, 4]);
  counted.put("a", 8);
  assert.deepEqual([5, 6].map(version), [4, 5]);
  assert.equal(store.get("a")?.version, 5);
});
