import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BackupCheck } from "../../../../src/kv/transfer/backup-check.ts";
import { decodeChunk } from "../../../../src/kv/transfer/exporter.ts";
import { maxRestoredRevision } from "../../../../src/kv/work/limits.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { AuthTable, type Chunk, LeaseTable, Manifest } from "../../../../src/proto/generated/kv.ts";
import { bytes, Machine } from "../support.ts";

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

function check({ manifest, chunks }: Backup): void {
  const checked = new BackupCheck(manifest);
  for (const chunk of chunks) checked.add(chunk);
  checked.end();
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
      check(backupOf(machine));
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
