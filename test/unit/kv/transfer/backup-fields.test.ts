import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeManifest } from "../../../../src/kv/state/manifest.ts";
import { sizeOf } from "../../../../src/kv/store/version.ts";
import { BackupCheck } from "../../../../src/kv/transfer/backup-check.ts";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  AuthRoleAddRequest,
  AuthRoleGrantPermissionRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  CompactionRequest,
  DeleteRangeRequest,
  HashKVRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  Permission,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import {
  AlarmTable,
  AuthTable,
  Chunk,
  LeaseTable,
  Manifest,
  MemberTable,
  type Request,
  RequestTable,
} from "../../../../src/proto/generated/kv.ts";
import type { Message } from "../../../../src/proto/message.ts";
import { ConfChangeTransition, newConfState } from "../../../../src/proto/raftpb.ts";
import { bytes, Machine, passwordRecord } from "../support.ts";
import {
  type BackupBytes,
  type BackupFields,
  bytesOfFields,
  fieldsOf,
  fingerprinted,
  summedAnew,
  withTables,
} from "./backup-file.ts";
import { type Edit, editsOf, editsOfList, type Loose, type Put } from "./field-edits.ts";

const put = (key: string, value: string, lease = 0n) => ({
  put: PutRequest.create({ key: bytes(key), value: bytes(value), lease }),
});
const remove = (key: string) => ({ deleteRange: DeleteRangeRequest.create({ key: bytes(key) }) });
const grant = (ID: bigint) => ({ leaseGrant: LeaseGrantRequest.create({ ID, TTL: 60 }) });
const nested = (op: Partial<RequestOp>) => {
  const success = [RequestOp.create(op)];
  return RequestOp.create({ requestTxn: TxnRequest.create({ success }) });
};

/** A cluster's life that has something of everything in it. */
function lived(): Machine {
  const machine = new Machine();
  const raise = (memberID: bigint) => {
    const action = AlarmAction.ACTIVATE;
    return { alarm: AlarmRequest.create({ action, memberID, alarm: AlarmType.NOSPACE }) };
  };
  const user = (name: string) => {
    const hashedPassword = passwordRecord;
    return { authUserAdd: AuthUserAddRequest.create({ name, hashedPassword }) };
  };
  const perm = (key: string) => Permission.create({ key: bytes(key), permType: 2 });
  const allow = (name: string, key: string) => ({
    authRoleGrantPermission: AuthRoleGrantPermissionRequest.create({ name, perm: perm(key) }),
  });
  const bodies: Partial<Request>[] = [
    ...[grant(7n), grant(8n), put("a", "1"), put("a", "2", 7n), put("b", "1"), put("gone", "1")],
    ...[remove("gone"), put("b", "2"), { compaction: CompactionRequest.create({ revision: 4 }) }],
    ...[
      put("c", "1", 7n),
      put("c", "2", 8n),
      remove("b"),
      put("b", "3"),
      put("d", "1".repeat(990)),
    ],
    {
      txn: TxnRequest.create({
        success: [
          nested({ requestPut: put("both", "1").put }),
          nested({ requestDeleteRange: remove("both").deleteRange }),
        ],
      }),
    },
    ...[raise(1n), raise(2n), user("ann"), user("root")],
    ...["reader", "root"].map((name) => ({ authRoleAdd: AuthRoleAddRequest.create({ name }) })),
    ...[allow("reader", "x"), allow("reader", "y")],
    ...["reader", "root"].map((role) => ({
      authUserGrantRole: AuthUserGrantRoleRequest.create({ user: "root", role }),
    })),
  ];
  join(machine, [3, 4], [5]);
  for (const body of bodies) machine.does(body);
  return machine;
}

function join(machine: Machine, voters: number[], learners: number[] = []): void {
  const transition = ConfChangeTransition.ConfChangeTransitionAuto;
  const change = { transition, changes: [], context: new Uint8Array() };
  const conf = newConfState({ voters, learners });
  machine.state.applyConfChange(machine.state.appliedIndex + 1, 1, change, conf);
}

function backupOf(machine: Machine): BackupBytes {
  const manifest = machine.checkpoint();
  return { manifest, chunks: chunksOf(machine, manifest) };
}

function chunksOf(machine: Machine, manifest: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let cursor: Uint8Array | undefined = bytes(""); cursor !== undefined; ) {
    const chunk = machine.state.transfers.exportChunk(manifest, cursor, 150);
    chunks.push(chunk.bytes);
    cursor = chunk.nextCursor;
  }
  return chunks;
}

/** What the leader of a new cluster does with one, and its error where it is refused. */
function restored({ manifest, chunks }: BackupBytes, bumpRevision: number): Machine {
  const machine = new Machine();
  join(machine, [1]);
  const { transfers } = machine.state;
  const decoded = decodeManifest(manifest);
  const check = new BackupCheck(decoded);
  transfers.openStaging({ source: 1, index: 0, term: 0, manifestCrc: 0 });
  for (const chunk of chunks) transfers.stageChunk(chunk, (rows) => check.add(rows));
  const index = machine.state.appliedIndex + 1;
  const adopted = transfers.adopt(manifest, check, { index, term: 1, bumpRevision });
  machine.state.install(adopted, decoded.compactRevision);
  machine.database.commit();
  machine.restart(adopted);
  audit(machine, adopted);
  return machine;
}

function audit(machine: Machine, manifest: Uint8Array): void {
  const audited = machine.state.transfers.audit(manifest);
  while (!audited.step());
}

/** One that took what this one has as a follower takes it. */
function followerOf(machine: Machine): Machine {
  const follower = new Machine();
  const manifest = machine.checkpoint();
  assert.equal(machine.state.status.storedBytes, storedBytes(machine, manifest));
  follower.state.transfers.openStaging({ source: 1, index: 1, term: 1, manifestCrc: 1 });
  for (const chunk of chunksOf(machine, manifest)) follower.state.transfers.stageChunk(chunk);
  follower.state.transfers.verifyStaging(manifest);
  follower.state.install(manifest);
  return follower;
}

/** Whatever clients ask for, of two members that must stay alike. */
function live(machine: Machine): void {
  const follower = followerOf(machine);
  const both = (body: Partial<Request>) => {
    const { enabled, revision } = machine.state.auth;
    const asked = enabled ? { user: "root", authRevision: revision, ...body } : body;
    const data = machine.encode({ ...asked, seenIndex: machine.state.appliedIndex });
    const told = machine.applyData(data);
    assert.deepEqual(follower.applyData(data), told);
    if (told.error !== undefined) throw told.error;
  };
  const { revision } = machine.state;
  const ask = { user: "root", authRevision: machine.state.auth.revision };
  for (const { memberID, alarm } of machine.state.alarms.list()) {
    both({ alarm: AlarmRequest.create({ action: AlarmAction.DEACTIVATE, memberID, alarm }) });
  }
  for (const key of ["a", "b", "gone", "new", "both"]) both(put(key, "again"));
  const [lease] = machine.state.leases.ids();
  both(grant(99n));
  both(put("leased", "1", 99n));
  if (lease !== undefined) both({ leaseRevoke: LeaseRevokeRequest.create({ ID: lease }) });
  both(remove("new"));
  const hash = HashKVRequest.create({ revision });
  machine.query({ ...ask, hashKv: hash });
  const compaction = CompactionRequest.create({ revision: machine.state.revision - 1 });
  const limits = { maxRevisions: 1_000, maxBytes: 1_000_000 };
  machine.state.history.eventsFrom(machine.state.compactRevision + 1, () => true, limits);
  both({ compaction });
  for (const each of [machine, follower]) {
    const manifest = each.checkpoint();
    each.state.checkpoints.oldestRetainedCompaction = each.state.compactRevision;
    while (!each.state.checkpoints.compactSlice({ maxRows: 5, maxBytes: 1_000 }));
    const { status } = each.state;
    const stored = storedBytes(each, manifest);
    assert.equal(status.storedBytes, stored, "what is stored is what is there");
    assert.equal(status.recomputeFingerprint(), status.fingerprint());
    each.restart(manifest);
    audit(each, manifest);
    assert.equal(each.state.status.storedBytes, stored);
  }
  assert.equal(machine.state.status.fingerprint(), follower.state.status.fingerprint());
  assert.equal(text(machine, "a"), "again");
  both(put("a", "at last"));
  assert.equal(text(follower, "a"), "at last");
}

function text(machine: Machine, key: string): string {
  const authRevision = machine.state.auth.revision;
  const range = RangeRequest.create({ key: bytes(key) });
  const { range: found } = machine.query({ user: "root", authRevision, range });
  return Buffer.from(found?.kvs[0]?.value ?? []).toString();
}

/** Of all versions that a snapshot holds. */
function storedBytes(machine: Machine, manifest: Uint8Array): number {
  const rows = fieldsOf({ manifest, chunks: chunksOf(machine, manifest) }).chunks.flatMap(
    (chunk) => chunk.rows,
  );
  return rows.reduce((all, { kv }) => all + (kv ? sizeOf(kv) : 0), 0);
}

function* allEdits(fields: BackupFields): Generator<Edit<BackupFields>> {
  const parts = { leases: LeaseTable, auth: AuthTable, alarms: AlarmTable, members: MemberTable };
  const kinds = { manifest: Manifest, ...parts, requests: RequestTable };
  for (const [part, kind] of Object.entries(kinds)) {
    const value = fields[part as keyof typeof kinds] as unknown as Loose;
    const put: Put<BackupFields> = (whole, changed) => ({ ...whole, [part]: changed });
    yield* editsOf(kind as unknown as Message<object>, value, part, put);
  }
  const message = () => Chunk as unknown as Message<object>;
  const list = { type: "message", wide: false, message } as const;
  yield* editsOfList<BackupFields>(list, fields.chunks, "chunks", (whole, changed) => {
    return { ...whole, chunks: changed as Chunk[] };
  });
}

/** The file with the edit, and whatever sums over it made right again, where they can be. */
function forged(fields: BackupFields, { path, apply }: Edit<BackupFields>): BackupBytes {
  const edited = apply(fields);
  if (!path.startsWith("manifest")) return bytesOfFields(attempt(summedAnew, withTables(edited)));
  const isSum = path === "manifest.fingerprint";
  return bytesOfFields(isSum ? edited : attempt(fingerprinted, edited));
}

/** What cannot be summed at all stays as it is. */
function attempt(sum: (fields: BackupFields) => BackupFields, fields: BackupFields): BackupFields {
  try {
    return sum(fields);
  } catch {
    return fields;
  }
}

/** Whatever else is in a backup's field is refused, but for these, and why it may be there. */
const free: Readonly<Record<string, string>> = {
  "manifest.index": "the place in the log is the new cluster's",
  "manifest.term": "as well",
  "manifest.requests": "the requests remembered are the new cluster's",
  "manifest.superseded": "counted from the rows",
  "manifest.dead": "as well",
  "manifest.tables": "by name",
  requests: "the requests remembered are the new cluster's",
  members: "the members are the new cluster's",
  "leases.leases": "a lease more or less, of another time to live",
  auth: "other users and roles",
  alarms: "other alarms",
  "chunks[].rows": "other keys and values, the oldest ones left out",
  "chunks[].nextCursor": "any bytes, as long as the next chunk has them",
};

test("a backup with anything else in any field is refused, or works as it says", () => {
  const fields = fieldsOf(backupOf(lived()));
  const original = joined(bytesOfFields(fields));
  assert.equal(joined(bytesOfFields(summedAnew(withTables(fields)))), original);
  const unused = new Set(Object.keys(free));
  for (const edit of allEdits(fields)) {
    const file = forged(fields, edit);
    if (joined(file) === original) continue;
    const what = `${edit.path}: ${edit.what}`;
    const machine = taken(file, what);
    if (machine === undefined) continue;
    const path = Object.keys(free).find((each) => edit.path.startsWith(each));
    assert.ok(path !== undefined, `${what} was taken`);
    unused.delete(path);
    try {
      live(machine);
    } catch (cause) {
      throw new Error(`${what} was taken, and then`, { cause });
    }
  }
  assert.deepEqual([...unused], [], "of what may be there some is taken");
});

/** Undefined where it is refused as the leader refuses one, and nothing was installed. */
function taken(file: BackupBytes, what: string): Machine | undefined {
  try {
    return restored(file, 0);
  } catch (error) {
    const { name } = error as Error;
    assert.match(name, /^(?:Transfer|Manifest|Decode)Error$/, `${what}: ${error}`);
    return undefined;
  }
}

const joined = ({ manifest, chunks }: BackupBytes): string =>
  Buffer.concat([manifest, ...chunks]).toString("latin1");

test("the same state comes of a backup with revisions to go ahead by", () => {
  live(restored(backupOf(lived()), 0));
  live(restored(backupOf(lived()), 1_000));
});

test("what is in a table twice is refused, although one would be forgotten", () => {
  const fields = fieldsOf(backupOf(lived()));
  const { leases, auth, members } = fields;
  const twice = <T>(list: readonly T[]) => [...list, ...list.slice(-1)];
  const forgeries: Readonly<Record<string, Partial<BackupFields>>> = {
    leases: { leases: { leases: twice(leases.leases) } },
    auth: { auth: { ...auth, users: twice(auth.users) } },
    members: { members: { ...members, members: twice(members.members) } },
  };
  for (const [table, forgery] of Object.entries(forgeries)) {
    const file = bytesOfFields(summedAnew(withTables({ ...fields, ...forgery })));
    const why = new RegExp(`table ${table} has \\d+ bytes, \\d+ are of use`);
    assert.throws(() => restored(file, 0), why);
  }
});
