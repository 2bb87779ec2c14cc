import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fingerprint,
  hashKey,
  hashRecord,
  recordTag,
} from "../../../../src/kv/fingerprint/fingerprint.ts";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  AuthRoleAddRequest,
  AuthUserAddRequest,
  CompactionRequest,
  HashKVRequest,
  type KeyValue,
  LeaseGrantRequest,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { Word128 } from "../../../../src/storage/hash128.ts";
import { bytes, Machine } from "../support.ts";

const kv: KeyValue = {
  key: bytes("key"),
  createRevision: 2,
  modRevision: 3,
  version: 2,
  value: bytes("value"),
  lease: 5n,
};

function hashOf(changes: Partial<KeyValue>, tag: number = recordTag.key): string {
  const out = new Word128();
  hashKey(tag, { ...kv, ...changes }, out);
  return out.toHex();
}

test("every part of a key's record counts, and where one ends and the next begins", () => {
  const records = [
    hashOf({}),
    hashOf({}, recordTag.row),
    hashOf({ key: bytes("kex") }),
    hashOf({ key: bytes("keyv"), value: bytes("alue") }),
    hashOf({ createRevision: 1 }),
    hashOf({ modRevision: 4 }),
    hashOf({ modRevision: 2 ** 40 + 3 }),
    hashOf({ version: 1 }),
    hashOf({ lease: -5n }),
    hashOf({ lease: 5n + 2n ** 32n }),
    hashOf({ value: bytes("valuf") }),
    hashOf({ value: bytes("") }),
    hashOf({ value: new Uint8Array(2_000) }),
    hashOf({ value: new Uint8Array(2_001) }),
  ];
  assert.equal(new Set(records).size, records.length);
});

test("version 1 stays what it is: members of two versions must agree", () => {
  assert.equal(hashOf({}), "7096839c48e4b4b63d93709666094ec6");
  assert.equal(
    hashOf({ value: new Uint8Array(5_000).fill(3) }),
    "9c821b37ed2f3338839d6dddea6406f5",
  );
  const out = new Word128();
  hashRecord(recordTag.lease, bytes("record"), out);
  assert.equal(out.toHex(), "80a4b51080a4b510c48dcad8d9b18248");
  assert.equal(new Machine().state.status.fingerprint(), "438521eaf13ff89bba6d4f8765a07528");
});

test("the order of records does not matter, and what is taken away leaves nothing", () => {
  const [one, other] = [new Fingerprint(), new Fingerprint()];
  const second = { ...kv, key: bytes("other") };
  one.addKey(kv);
  one.addKey(second);
  other.addKey(second);
  other.addKey(kv);
  const sink = other.sink(recordTag.lease);
  sink.add(bytes("x"));
  assert.notEqual(one.total(3, -1).toHex(), other.total(3, -1).toHex());
  sink.remove(bytes("x"));
  assert.equal(one.total(3, -1).toHex(), other.total(3, -1).toHex());
  one.removeKey(kv);
  one.removeKey(second);
  assert.ok(one.keys.equals(new Word128()));
});

test("equal bytes of two tables are two records", () => {
  const one = new Fingerprint();
  one.sink(recordTag.lease).add(bytes("x"));
  const other = new Fingerprint();
  other.sink(recordTag.auth).add(bytes("x"));
  assert.ok(!one.tables.equals(other.tables));
});

test("each part of the state changes the fingerprint; it is what a sum from scratch says", () => {
  const machine = new Machine();
  const seen = new Set([machine.state.status.fingerprint()]);
  const bodies = [
    { put: PutRequest.create({ key: bytes("a") }) },
    { put: PutRequest.create({ key: bytes("a") }) },
    { leaseGrant: LeaseGrantRequest.create({ ID: 1n, TTL: 60 }) },
    { put: PutRequest.create({ key: bytes("b"), lease: 1n, value: new Uint8Array(9_999) }) },
    { compaction: CompactionRequest.create({ revision: 3 }) },
    { authUserAdd: AuthUserAddRequest.create({ name: "u", options: { noPassword: true } }) },
    { authRoleAdd: AuthRoleAddRequest.create({ name: "r" }) },
    {
      alarm: AlarmRequest.create({
        action: AlarmAction.ACTIVATE,
        memberID: 1n,
        alarm: AlarmType.NOSPACE,
      }),
    },
  ];
  for (const body of bodies) {
    machine.does(body);
    seen.add(machine.state.status.fingerprint());
    assert.equal(machine.state.status.recomputeFingerprint(), machine.state.status.fingerprint());
  }
  assert.equal(seen.size, bodies.length + 1);
});

test("hashkv is the same however a member stores what it holds", () => {
  const [one, other] = [new Machine(), new Machine()];
  for (let i = 0; i < 20; i++) {
    for (const machine of [one, other]) {
      machine.does({ put: PutRequest.create({ key: bytes(`k${i % 6}`), value: bytes(`${i}`) }) });
    }
    if (i % 7 === 0) other.checkpoint();
  }
  const hash = (machine: Machine, revision: number) =>
    machine.query({ hashKv: HashKVRequest.create({ revision }) }).hashKv;
  for (const revision of [0, 5, 21]) assert.deepEqual(hash(one, revision), hash(other, revision));
  assert.notEqual(hash(one, 5)?.hash, hash(one, 6)?.hash);
  assert.deepEqual(hash(one, 0)?.hash, hash(one, 21)?.hash);
  assert.deepEqual([hash(one, 0)?.compactRevision, hash(one, 0)?.hashRevision], [-1, 21]);
});
