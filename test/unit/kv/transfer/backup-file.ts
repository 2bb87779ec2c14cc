import { Fingerprint } from "../../../../src/kv/fingerprint/fingerprint.ts";
import { byteString } from "../../../../src/kv/keys/key-range.ts";
import { SmallTables } from "../../../../src/kv/state/small-tables.ts";
import { isTombstone, sizeOf } from "../../../../src/kv/store/version.ts";
import { LiveSum, Totals } from "../../../../src/kv/transfer/totals.ts";
import {
  AlarmTable,
  AuthTable,
  Chunk,
  LeaseTable,
  Manifest,
  MemberTable,
  RequestTable,
} from "../../../../src/proto/generated/kv.ts";
import { crc32c } from "../../../../src/storage/crc32c.ts";
import { Word128 } from "../../../../src/storage/hash128.ts";

/** A backup as its fields: what is bytes in the manifest is read as well. */
export interface BackupFields {
  readonly manifest: Manifest;
  readonly leases: LeaseTable;
  readonly auth: AuthTable;
  readonly alarms: AlarmTable;
  readonly members: MemberTable;
  readonly requests: RequestTable;
  readonly chunks: readonly Chunk[];
}

export interface BackupBytes {
  readonly manifest: Uint8Array;
  /** Each with its CRC. */
  readonly chunks: readonly Uint8Array[];
}

const tableKinds = {
  leases: LeaseTable,
  auth: AuthTable,
  alarms: AlarmTable,
  members: MemberTable,
};

export function fieldsOf({ manifest, chunks }: BackupBytes): BackupFields {
  const decoded = Manifest.decode(manifest);
  const data = (name: string) =>
    decoded.tables.find((table) => table.name === name)?.data ?? new Uint8Array();
  return {
    manifest: decoded,
    leases: LeaseTable.decode(data("leases")),
    auth: AuthTable.decode(data("auth")),
    alarms: AlarmTable.decode(data("alarms")),
    members: MemberTable.decode(data("members")),
    requests: RequestTable.decode(decoded.requests),
    chunks: chunks.map((chunk) => Chunk.decode(chunk.subarray(4))),
  };
}

/** The tables of the fields, in the place of those that the manifest has. */
export function withTables(fields: BackupFields): BackupFields {
  const tables = fields.manifest.tables.map((table) => {
    const kind = tableKinds[table.name as keyof typeof tableKinds];
    const value = fields[table.name as keyof typeof tableKinds] as never;
    return kind === undefined ? table : { ...table, data: kind.encode(value) };
  });
  const requests = RequestTable.encode(fields.requests);
  return { ...fields, manifest: { ...fields.manifest, tables, requests } };
}

/** All sums, counts and cursors made right again, as far as what they are of can be summed. */
export function summedAnew(fields: BackupFields): BackupFields {
  const live = new LiveSum(new Word128(), undefined, undefined);
  const totals = new Totals();
  const newest = new Map<string, number>();
  for (const { kv, second } of fields.chunks.flatMap(({ rows }) => rows)) {
    if (kv === undefined) continue;
    const row = { key: byteString(kv.key), kv, second };
    live.add(row);
    totals.addRow(row);
    if (isTombstone(kv)) newest.delete(row.key);
    else newest.set(row.key, sizeOf(kv));
  }
  for (const entry of fields.chunks.flatMap(({ history }) => history)) {
    totals.addEntry({ ...entry, key: byteString(entry.key) });
  }
  let before: Chunk | undefined;
  const chunks = fields.chunks.map((chunk) => {
    const isLast = chunk.nextCursor.length === 0;
    const cursor = before?.nextCursor ?? chunk.cursor;
    before = { ...chunk, cursor, totals: isLast ? totals.encode() : chunk.totals };
    return before;
  });
  const sizes = [...newest.values()];
  const manifest = {
    ...fields.manifest,
    keyCount: sizes.length,
    liveBytes: sizes.reduce((all, size) => all + size, 0),
    keyFingerprint: live.sum.toBytes(),
  };
  return fingerprinted({ ...fields, manifest, chunks });
}

/** The manifest's fingerprint made right again. */
export function fingerprinted(fields: BackupFields): BackupFields {
  const { manifest } = fields;
  const fingerprint = new Fingerprint();
  const tables = new SmallTables(fingerprint);
  for (const table of tables.all) {
    const found = manifest.tables.findLast(({ name }) => name === table.name);
    table.decode(found?.data ?? new Uint8Array());
  }
  fingerprint.reset(Word128.fromBytes(manifest.keyFingerprint), tables.sum());
  const total = fingerprint.total(manifest.revision, manifest.compactRevision).toBytes();
  return { ...fields, manifest: { ...manifest, fingerprint: total } };
}

export function bytesOfFields({ manifest, chunks }: BackupFields): BackupBytes {
  return { manifest: Manifest.encode(manifest), chunks: chunks.map(sealed) };
}

/** A chunk of a backup with its checksum. */
export function sealed(chunk: Chunk): Uint8Array {
  const encoded = Chunk.encode(chunk);
  const bytes = new Uint8Array(4 + encoded.length);
  new DataView(bytes.buffer).setUint32(0, crc32c(encoded));
  bytes.set(encoded, 4);
  return bytes;
}
