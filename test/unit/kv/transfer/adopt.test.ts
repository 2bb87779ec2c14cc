import assert from "node:assert/strict";
import { test } from "node:test";
import { ManifestError } from "../../../../src/kv/state/manifest.ts";
import { StateMachine } from "../../../../src/kv/state-machine.ts";
import { adoptManifest } from "../../../../src/kv/transfer/adopt.ts";
import { maxRestoredRevision } from "../../../../src/kv/work/limits.ts";
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  AuthRoleAddRequest,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  PutRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { LeaseTable, Manifest, Request } from "../../../../src/proto/generated/kv.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { bytes } from "../support.ts";

/** A machine that has applied these, one after the other. */
function machineOf(...bodies: Partial<Request>[]): StateMachine {
  const machine = new StateMachine(new TurnDatabase().sql);
  bodies.forEach((body, i) => {
    const data = Request.encode(Request.create({ format: 1, ...body }));
    assert.equal(machine.apply({ index: i + 1, term: 1, data }).error, undefined);
  });
  return machine;
}

const put = { put: PutRequest.create({ key: bytes("k"), value: bytes("v"), lease: 7n }) };
const grant = { leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 600 }) };
const checkpoint = {
  leaseCheckpoint: LeaseCheckpointRequest.create({ checkpoints: [{ ID: 7n, remainingTTL: 20 }] }),
};
const alarm = {
  alarm: AlarmRequest.create({
    action: AlarmAction.ACTIVATE,
    memberID: 1n,
    alarm: AlarmType.NOSPACE,
  }),
};
const role = { authRoleAdd: AuthRoleAddRequest.create({ name: "reader" }) };

const adopter = (more: { readonly bumpRevision?: number } = {}) => ({
  ...{ index: 9, term: 3, bumpRevision: 0, requests: new Uint8Array(), ...more },
  freed: { superseded: [{ revision: 2, bytes: 300 }], dead: [] },
  members: new StateMachine(new TurnDatabase().sql).members.encode(),
});

const backup = () =>
  Manifest.decode(machineOf(grant, put, checkpoint, alarm, role).checkpoints.freeze());

const tableOf = ({ tables }: Manifest, name: string) =>
  tables.find((table) => table.name === name)?.data ?? new Uint8Array();

test("keys, leases, alarms and auth are the backup's, the place in the log is not", () => {
  const from = backup();
  const adopted = Manifest.decode(adoptManifest(from, adopter()));
  assert.equal(adopted.index, 9);
  assert.equal(adopted.term, 3);
  for (const field of ["revision", "compactRevision", "keyCount", "liveBytes"] as const) {
    assert.equal(adopted[field], from[field]);
  }
  assert.deepEqual(adopted.keyFingerprint, from.keyFingerprint);
  for (const name of ["auth", "alarms"]) {
    assert.deepEqual(tableOf(adopted, name), tableOf(from, name));
  }
});

test("a lease begins its granted time anew", () => {
  const adopted = Manifest.decode(adoptManifest(backup(), adopter()));
  const { leases } = LeaseTable.decode(tableOf(adopted, "leases"));
  assert.deepEqual(
    leases.map(({ ID, TTL, remainingTTL }) => ({ ID, TTL, remainingTTL })),
    [{ ID: 7n, TTL: 600, remainingTTL: 0 }],
  );
});

test("with revisions to go ahead by, the newest is compacted", () => {
  const adopted = Manifest.decode(adoptManifest(backup(), adopter({ bumpRevision: 100 })));
  assert.equal(adopted.revision, 102);
  assert.equal(adopted.compactRevision, 102);
  const most = maxRestoredRevision - 2;
  const farthest = Manifest.decode(adoptManifest(backup(), adopter({ bumpRevision: most })));
  assert.equal(farthest.revision, maxRestoredRevision);
  const beyond = [most + 1, 2 ** 53 - 1, 9_007_199_254_740_686, Number.NaN, -1];
  for (const bumpRevision of beyond) {
    assert.throws(() => adoptManifest(backup(), adopter({ bumpRevision })), ManifestError);
  }
});

test("a manifest whose tables are not what its fingerprint says is refused", () => {
  const lying = { ...backup(), tables: [] };
  assert.throws(() => adoptManifest(lying, adopter()), ManifestError);
});

test("pristine is what nobody ever wrote to, compacted, or gave a lease, a role, an alarm", () => {
  assert.ok(machineOf().status.pristine);
  for (const body of [grant, alarm, role, { put: PutRequest.create({ key: bytes("k") }) }]) {
    assert.ok(!machineOf(body).status.pristine, Object.keys(body)[0]);
  }
});
