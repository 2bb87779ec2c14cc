import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fingerprint } from "../../../../src/kv/fingerprint/fingerprint.ts";
import { restoreTables } from "../../../../src/kv/state/manifest.ts";
import { SmallTables } from "../../../../src/kv/state/small-tables.ts";
import { BackupCheck } from "../../../../src/kv/transfer/backup-check.ts";
import { decodeChunk } from "../../../../src/kv/transfer/exporter.ts";
import { defaultLimits, maxRestoredRevision } from "../../../../src/kv/work/limits.ts";
import {
  AlarmType,
  CompactionRequest,
  DeleteRangeRequest,
  KeyValue,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import {
  AlarmTable,
  AuthTable,
  Chunk,
  LeaseTable,
  Manifest,
} from "../../../../src/proto/generated/kv.ts";
import { Word128 } from "../../../../src/storage/hash128.ts";
import { bytes, Machine, passwordRecord } from "../support.ts";

interface Backup {
  readonly manifest: Manifest;
  readonly chunks: readonly Chunk[];
}

/** What a backup of the machine holds. */
function backupOf(machine: Machine, chunkBytes = 300): Backup {
  const encoded = machine.checkpoint();
  const chunks: Chunk[] = [];
  for (let cursor: Uint8Array | undefined = bytes(""); cursor !== undefined; ) {
    const { bytes: chunk, nextCursor } = machine.state.transfers.exportChunk(
      encoded,
      cursor,
      chunkBytes,
    );
    chunks.push(decodeChunk(chunk));
    cursor = nextCursor;
  }
  return { manifest: Manifest.decode(encoded), chunks };
}

function check({ manifest, chunks }: Backup) {
  const checked = new BackupCheck(manifest);
  for (const chunk of chunks) checked.add(chunk);
  return checked.end();
}

const put = (key: string, lease = 0n) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes("v"), lease }),
});
const remove = (key: string) => ({ deleteRange: DeleteRangeRequest.create({ key: bytes(key) }) });
/** A put within, and its deletion after it: two changes of one key in one revision. */
function putAndDelete(key: string) {
  const requestPut = PutRequest.create({ key: bytes(key) });
  const requestTxn = TxnRequest.create({ success: [RequestOp.create({ requestPut })] });
  const requestDeleteRange = DeleteRangeRequest.create({ key: bytes(key) });
  const ops = [{ requestTxn }, { requestTxn: deleting(requestDeleteRange) }];
  return { txn: TxnRequest.create({ success: ops.map((op) => RequestOp.create(op)) }) };
}
const deleting = (requestDeleteRange: DeleteRangeRequest) =>
  TxnRequest.create({ success: [RequestOp.create({ requestDeleteRange })] });

test("whatever requests make of a state, its backup is taken", () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(
    key.map((name) => (machine: Machine) => void machine.apply(put(name))),
    key.map((name) => (machine: Machine) => void machine.apply(put(name, 7n))),
    key.map((name) => (machine: Machine) => void machine.apply(remove(name))),
    key.map((name) => (machine: Machine) => void machine.apply(putAndDelete(name))),
    fc.constant((machine: Machine) => {
      machine.apply({ leaseRevoke: LeaseRevokeRequest.create({ ID: 7n }) });
      machine.apply({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60 }) });
    }),
    fc.nat(4).map((back) => (machine: Machine) => {
      const revision = machine.state.revision - back;
      machine.apply({ compaction: CompactionRequest.create({ revision }) });
    }),
    fc.constant((machine: Machine) => {
      machine.checkpoint();
      machine.state.checkpoints.oldestRetainedCompaction = machine.state.compactRevision;
      while (!machine.state.checkpoints.compactSlice({ maxRows: 5, maxBytes: 1_000 }));
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const machine = new Machine();
      machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60 }) });
      for (const take of steps) take(machine);
      const backup = backupOf(machine);
      const { superseded, dead } = backup.manifest;
      assert.deepEqual(check(backup), { superseded, dead }, "counted as each entry counts them");
    }),
    { numRuns: 100 },
  );
});

function someBackup(): Backup {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60 }) });
  for (const key of ["a", "b", "b", "c"]) machine.does(put(key, 7n));
  machine.does(remove("a"));
  return backupOf(machine, 1_000_000);
}

/** The same with other rows or history. */
function edited(
  edit: (rows: Chunk["rows"][number][], history: Chunk["history"][number][]) => void,
  manifest: Partial<Manifest> = {},
): Backup {
  const backup = someBackup();
  const rows = backup.chunks.flatMap((chunk) => chunk.rows);
  const history = backup.chunks.flatMap((chunk) => chunk.history);
  edit(rows, history);
  const whole = { ...backup.chunks[0], rows, history } as Chunk;
  return { manifest: { ...backup.manifest, ...manifest }, chunks: [whole] };
}

const versionWith =
  (more: object) =>
  (rows: Chunk["rows"][number][]): void => {
    const [row] = rows.splice(2, 1);
    assert.ok(row?.kv);
    rows.splice(2, 0, { ...row, kv: { ...row.kv, ...more } });
  };

test("what no request could have made is refused", () => {
  check(edited(() => undefined));
  const wrong: Readonly<Record<string, Backup>> = {
    "a revision to come": edited(versionWith({ modRevision: 2 ** 53 - 1 })),
    "revision 0": edited(versionWith({ modRevision: 0 })),
    "a version at the end of numbers": edited(versionWith({ version: 2 ** 53 - 1 })),
    "a negative version": edited(versionWith({ version: -1 })),
    "a creation after the change": edited(versionWith({ createRevision: 1_000 })),
    "a tombstone with a value": edited(versionWith({ version: 0, value: bytes("x") })),
    "no key": edited(versionWith({ key: bytes("") })),
    "a key that is too long": edited(versionWith({ key: new Uint8Array(1_600_000) })),
    "a lease that is not there": edited((rows) => {
      const last = rows.at(-1);
      if (last?.kv) rows.splice(-1, 1, { ...last, kv: { ...last.kv, lease: 8n } });
    }),
    "versions in disorder": edited((rows) => void rows.reverse()),
    "a version twice": edited((rows) => void rows.splice(0, 0, ...rows.slice(0, 1))),
    "history of what is not there": edited((_, history) => void history.splice(0, 1)),
    "a version without history": edited((rows) => void rows.splice(0, 2)),
    "history in disorder": edited((_, history) => void history.reverse()),
    "history to come": edited((_, history) => {
      history.push({ key: bytes("a"), revision: 2 ** 53 - 1, second: false });
    }),
    "too many keys": edited(() => undefined, { keyCount: 2 ** 53 - 1 }),
    "too few bytes": edited(() => undefined, { liveBytes: 0 }),
    "a compaction below all": edited(() => undefined, { compactRevision: -2 }),
  };
  for (const [what, backup] of Object.entries(wrong)) {
    assert.throws(() => check(backup), { name: /^(?:Transfer|Manifest)Error$/ }, what);
  }
});

test("counters near their end are refused", () => {
  const withTable = (name: string, data: Uint8Array) =>
    edited(() => undefined, { tables: [{ name, data }] });
  const leases = (lease: object) => {
    const record = { ID: 7n, TTL: 60, remainingTTL: 0, ...lease };
    return withTable("leases", LeaseTable.encode({ leases: [record] }));
  };
  const auth = (revision: number) =>
    withTable("auth", AuthTable.encode(AuthTable.create({ revision })));
  check(leases({}));
  for (const lie of [{ TTL: 2 ** 53 - 1 }, { TTL: -5 }, { TTL: 9_000_000_001 }, { ID: 0n }]) {
    assert.throws(() => check(leases(lie)), /lease/, JSON.stringify(Object.values(lie), String));
  }
  assert.throws(() => check(auth(maxRestoredRevision + 1)), /auth revision/);
  assert.throws(() => check(auth(2 ** 53 - 1)), /auth revision/);
});

/** With the fields of one row changed: of a at 2 and 6, b at 3 and 4, c at 5. */
function withRow(at: number, more: object, second?: boolean): Backup {
  return edited((rows) => {
    const row = rows[at];
    assert.ok(row?.kv);
    rows[at] = { kv: { ...row.kv, ...more }, second: second ?? row.second };
  });
}

test("versions that do not follow each other are refused, as every audit would call them", () => {
  const wrong: Readonly<Record<string, readonly [Backup, RegExp]>> = {
    "a first version of another number": [
      withRow(2, { version: 2, createRevision: 1 }),
      /number 2 after none/,
    ],
    "a number left out": [withRow(3, { version: 3, createRevision: 2 }), /number 3 after 1/],
    "a number twice": [withRow(3, { version: 1 }), /number 1 after 1/],
    "a deletion of nothing": [
      withRow(2, { version: 0, createRevision: 0, value: bytes(""), lease: 0n }),
      /number 0 after none/,
    ],
    "another creation than the version before": [
      withRow(3, { createRevision: 2 }),
      /creation at 2/,
    ],
    "a first version created earlier": [withRow(2, { createRevision: 1 }), /creation at 1/],
    "a second change without the first": [withRow(4, {}, true), /a second change/],
  };
  for (const [what, [backup, why]] of Object.entries(wrong)) {
    assert.throws(() => check(backup), why, what);
  }
});

test("what a compaction has taken out is refused", () => {
  const machine = new Machine();
  for (const key of ["a", "a", "b"]) machine.does(put(key));
  machine.does(remove("b"));
  const before = backupOf(machine, 1_000_000);
  machine.does(put("c"));
  machine.does({ compaction: CompactionRequest.create({ revision: 6 }) });
  const after = backupOf(machine, 1_000_000);
  const { rows, history } = after.chunks[0] ?? assert.fail();
  assert.equal(rows.length, 2, "a and c");
  const old = before.chunks.flatMap((chunk) => chunk.rows);
  const withOld = (kept: readonly number[]): Backup => {
    const all = [...kept.flatMap((at) => old[at] ?? []), ...rows.slice(1)];
    return { ...after, chunks: [{ ...after.chunks[0], rows: all, history } as Chunk] };
  };
  assert.throws(() => check(withOld([0, 1])), /a version that is compacted at 6/);
  assert.throws(() => check(withOld([1, 2, 3])), /a version that is compacted at 6/);
});

test("a history that leaves out a revision, or turns one around, is refused", () => {
  check(edited(() => undefined));
  const later = { revision: someBackup().manifest.revision + 1 };
  const wrong: Readonly<Record<string, readonly [Backup, RegExp]>> = {
    "a revision in which nothing happened": [
      edited((rows, history) => {
        rows.splice(2, 2);
        history.splice(1, 2);
      }),
      /history of revision 5 after 2/,
    ],
    "a revision of all that nothing came to": [
      edited(() => undefined, { ...later, ...fingerprintOf(later.revision) }),
      /its history ends at 6, not at 7/,
    ],
    "a key that no row of a database has": [
      edited((_, history) => {
        const [first] = history;
        if (first) history.splice(0, 1, { ...first, key: new Uint8Array(3_000_000) });
      }),
      /history of a key of 3000000 bytes/,
    ],
  };
  for (const [what, [backup, why]] of Object.entries(wrong)) {
    assert.throws(() => check(backup), why, what);
  }
  const machine = new Machine();
  machine.does(putAndDelete("a"));
  const { manifest, chunks } = backupOf(machine, 1_000_000);
  const [rows, history] = [chunks[0]?.rows ?? [], chunks[1]?.history.toReversed() ?? []];
  const turned = { manifest, chunks: [{ ...chunks[0], rows, history } as Chunk] };
  assert.throws(() => check(turned), /history of revision 2 after 1/);
  const twice = { manifest, chunks: [...chunks, ...chunks] };
  assert.throws(() => check(twice), /rows after the history/);
});

/** A manifest's fingerprint, of the machine of someBackup at another revision. */
function fingerprintOf(revision: number): Partial<Manifest> {
  const { manifest } = someBackup();
  const sums = new Fingerprint();
  const tables = new SmallTables(sums);
  restoreTables(manifest, tables.all);
  sums.reset(Word128.fromBytes(manifest.keyFingerprint), tables.sum());
  return { fingerprint: sums.total(revision, manifest.compactRevision).toBytes() };
}

test("what members could not let go of in one entry is refused", () => {
  const manifest = someBackup().manifest;
  const row = (i: number, lease: bigint) => ({
    kv: { ...KeyValue.create(), ...{ key: bytes(`k${String(i).padStart(7, "0")}`), lease } },
    second: false,
  });
  const rows = (count: number, lease: bigint) =>
    Array.from({ length: count }, (_, i) => {
      const { kv, second } = row(i, lease);
      return { kv: { ...kv, modRevision: 2, createRevision: 2, version: 1 }, second };
    });
  const chunk = (part: Partial<Chunk>) => Chunk.create(part);
  const { maxLeaseKeys } = defaultLimits;
  const within = new BackupCheck(manifest);
  within.add(chunk({ rows: rows(maxLeaseKeys + 1, 7n) }));
  const over = new BackupCheck(manifest);
  assert.throws(() => over.add(chunk({ rows: rows(maxLeaseKeys + 2, 7n) })), /too many keys on/);
  const entries = (count: number) =>
    rows(count, 0n).map(({ kv, second }) => ({ key: kv.key, revision: 2, second }));
  within.add(chunk({ history: entries(200_000) }));
  const changes = () => within.add(chunk({ history: entries(1) }));
  assert.throws(changes, /revision 2 has more changes than a request may make/);
});

test("users and alarms that no request could make are refused", () => {
  const withTable = (name: string, data: Uint8Array) =>
    edited(() => undefined, { tables: [{ name, data }] });
  const user = { name: "ann", password: passwordRecord, roles: [], noPassword: false };
  const auth = (part: Partial<AuthTable>) =>
    withTable("auth", AuthTable.encode(AuthTable.create({ revision: 2, ...part })));
  const alarm = { memberID: 1n, alarm: AlarmType.NOSPACE };
  const alarms = (...raised: AlarmTable["alarms"]) =>
    withTable("alarms", AlarmTable.encode({ alarms: raised }));
  const wrong: Readonly<Record<string, readonly [Backup, RegExp]>> = {
    "auth without root": [auth({ enabled: true, users: [user] }), /there is no root/],
    "auth with a root that may nothing": [
      auth({ enabled: true, users: [{ ...user, name: "root" }] }),
      /there is no root/,
    ],
    "a password that is none": [auth({ users: [{ ...user, password: "x" }] }), /password/],
    "a user without a name": [auth({ users: [{ ...user, name: "" }] }), /password of user/],
    "an alarm twice": [alarms(alarm, alarm), /alarm 1 of member 1/],
    "an alarm that there is not": [alarms({ ...alarm, alarm: 3 }), /alarm 3 of member 1/],
    "a table twice": [
      edited(() => undefined, { tables: [...someBackup().manifest.tables, table] }),
      /a table twice/,
    ],
  };
  for (const [what, [backup, why]] of Object.entries(wrong)) {
    assert.throws(() => check(backup), why, what);
  }
});

const table = { name: "leases", data: new Uint8Array() };
