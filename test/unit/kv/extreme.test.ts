/** Whatever a client may ask, applying it ends with an answer or an error that was declared. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { errors, KvError } from "../../../src/etcd/errors.ts";
import { checkProposal } from "../../../src/kv/apply/proposal.ts";
import { Fingerprint } from "../../../src/kv/fingerprint/fingerprint.ts";
import { SmallTables } from "../../../src/kv/state/small-tables.ts";
import { adoptManifest } from "../../../src/kv/transfer/adopt.ts";
import { maxRestoredRevision } from "../../../src/kv/work/limits.ts";
import { DecodeError } from "../../../src/proto/errors.ts";
import { LeaseGrantRequest, PutRequest } from "../../../src/proto/generated/etcd.ts";
import { Manifest, Query, Request, Response } from "../../../src/proto/generated/kv.ts";
import type { Field, Message } from "../../../src/proto/message.ts";
import { bytes, Machine } from "./support.ts";

const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
const integers = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, -1, most, most - 1, least, 2 ** 31, 2 ** 52, maxRestoredRevision),
  fc.integer({ min: -3, max: 12 }),
);
const wide = fc.oneof(
  fc.constantFrom(0n, 1n, 7n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n),
  fc.bigInt({ min: 0n, max: 9n }),
);
const enums = fc.oneof(fc.nat(5), fc.constantFrom(-1, 77, 2 ** 31 - 1, -(2 ** 31)));
const someBytes = fc.constantFrom(
  ...["", "\0", "a", "b", "c", "lk/7", "\xff", "\xff\xff"].map(bytes),
);
const texts = fc.constantFrom("", "root", "ann", "reader", "é", "\0", "3.5.0", "x".repeat(300));

function anyOf(field: Field, depth: number): fc.Arbitrary<unknown> {
  switch (field.type) {
    case "bool":
      return fc.boolean();
    case "bytes":
      return someBytes;
    case "string":
      return texts;
    case "enum":
      return enums;
    case "uint32":
      return fc.nat(2 ** 31 - 1);
    case "int32":
      return enums;
    case "message":
      return field.message === undefined
        ? fc.constant(undefined)
        : messageOf(field.message(), depth);
    default:
      if (field.wide) return field.type === "int64" ? wide : wide.map((n) => BigInt.asUintN(64, n));
      return field.type === "int64" ? integers : integers.map(Math.abs);
  }
}

/** Any message of the kind: one field of each oneof, some of the others. */
function messageOf(kind: Message<object>, depth = 0): fc.Arbitrary<object> {
  if (depth > 4) return fc.constant(kind.create());
  const plain = kind.fields.filter(({ oneof }) => oneof === undefined);
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of plain) {
    const value = fc.nat(1).chain(() => anyOf(field, depth + 1));
    fields[field.property] = field.repeated ? fc.array(value, { maxLength: 3 }) : value;
  }
  const others = kind.fields.filter(({ oneof }) => oneof !== undefined);
  const chosen = fc
    .constantFrom(...others, undefined)
    .chain((field) =>
      field === undefined
        ? fc.constant({})
        : anyOf(field, depth + 1).map((value) => ({ [field.property]: value })),
    );
  return fc
    .tuple(fc.record(fields, { requiredKeys: [] }), chosen)
    .map(([some, one]) => kind.create({ ...some, ...one }));
}

/** One body of a Request or a Query, all kinds alike. */
function bodyOf(kind: Message<never> | Message<object>): fc.Arbitrary<object> {
  const bodies = kind.fields.filter(({ oneof }) => oneof === "body");
  return fc
    .constantFrom(...bodies)
    .chain((field) => anyOf(field, 0).map((value) => ({ [field.property]: value })));
}

/** One that holds a little of everything. */
function began(): Machine {
  const machine = new Machine();
  machine.does({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60 }) });
  for (const key of ["a", "b"])
    machine.does({ put: PutRequest.create({ key: bytes(key), lease: 7n }) });
  return machine;
}

/** The same at the highest revision that a cluster may begin at. */
function farOn(): Machine {
  const machine = began();
  const manifest = Manifest.decode(machine.checkpoint());
  const adopted = adoptManifest(manifest, {
    ...{ index: manifest.index, term: manifest.term, requests: manifest.requests },
    members: new SmallTables(new Fingerprint()).members.encode(),
    bumpRevision: maxRestoredRevision - manifest.revision,
    freed: { superseded: [], dead: [] },
  });
  machine.restart(adopted);
  assert.equal(machine.state.revision, maxRestoredRevision);
  return machine;
}

/** What the leader would take into the log. */
function proposed(machine: Machine, body: object): Uint8Array | undefined {
  const data = machine.encode(body);
  try {
    checkProposal(data);
    return data;
  } catch (error) {
    if (error instanceof KvError) return undefined;
    throw error;
  }
}

for (const [where, start] of [
  ["at the beginning", began],
  ["after the highest revision that a restore gives", farOn],
] as const) {
  test(`requests with any numbers are applied or refused: ${where}`, () => {
    fc.assert(
      fc.property(
        fc.array(bodyOf(Request), { minLength: 1, maxLength: 12 }),
        fc.array(bodyOf(Query), { maxLength: 4 }),
        (requests, queries) => {
          const machine = start();
          for (const body of requests) {
            const data = proposed(machine, body);
            if (data === undefined) continue;
            const { response, error, revision } = machine.applyData(data);
            assert.ok(response !== undefined || error !== undefined);
            assert.ok(revision >= 1 && Number.isSafeInteger(2 * revision + 1));
            if (response !== undefined) Response.decode(Response.encode(response));
          }
          for (const body of queries) {
            try {
              machine.query(body, 0);
            } catch (error) {
              assert.ok(error instanceof KvError || error instanceof DecodeError, String(error));
            }
          }
          // And later: the state is told, stored and begun with again.
          machine.state.leases.promote(1_000, 1_000);
          machine.state.leases.expired(2_000);
          machine.state.leases.checkpointsDue(1e12);
          const fingerprint = machine.state.status.fingerprint();
          assert.equal(machine.state.status.recomputeFingerprint(), fingerprint);
          machine.restart(machine.checkpoint());
          assert.equal(machine.state.status.fingerprint(), fingerprint);
          const { error } = machine.apply({ put: PutRequest.create({ key: bytes("later") }) });
          assert.ok(
            error === undefined || error.kind === errors.noSpace || error.kind === errors.corrupt,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
}
