import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as codec from "../../../src/proto/codec.ts";
import * as raft from "../../../src/proto/generated/raft.ts";
import * as snap from "../../../src/proto/generated/snap.ts";
import * as wal from "../../../src/proto/generated/wal.ts";
import type { Message } from "../../../src/proto/message.ts";
import { raftpb } from "../../support/generated/raft.js";
import { snappb } from "../../support/generated/snap.js";
import { walpb } from "../../support/generated/wal.js";
import { decode, encode, type MessageClass } from "../../support/protobufjs.ts";

const shared = join(import.meta.dirname, "../../../../shared");
const path = join(shared, "etcd-files/vectors.json");

interface Vector {
  readonly name: string;
  readonly type: string;
  readonly hex: string;
  readonly value: object;
}

interface Codec {
  decode(bytes: Uint8Array): object;
  encode(value: never): Uint8Array;
}

const byHand: Record<string, Codec> = {
  "raftpb.Entry": { decode: codec.decodeEntry, encode: codec.encodeEntry },
  "raftpb.Message": { decode: codec.decodeMessage, encode: codec.encodeMessage },
  "raftpb.HardState": { decode: codec.decodeHardState, encode: codec.encodeHardState },
  "raftpb.ConfState": { decode: codec.decodeConfState, encode: codec.encodeConfState },
  "raftpb.Snapshot": { decode: codec.decodeSnapshot, encode: codec.encodeSnapshot },
  "raftpb.ConfChange": { decode: codec.decodeConfChange, encode: codec.encodeConfChange },
  "raftpb.ConfChangeV2": { decode: codec.decodeConfChangeV2, encode: codec.encodeConfChangeV2 },
};

const tables: Record<string, Codec> = {
  "raftpb.ConfState": byTable(raft.ConfState),
  "raftpb.Snapshot": byTable(raft.Snapshot),
  "snappb.Snapshot": byTable(snap.Snapshot),
  "walpb.Snapshot": byTable(wal.Snapshot),
};

function byTable<T extends object>(table: Message<T>): Codec {
  return { decode: (bytes) => table.decode(bytes), encode: (value: T) => table.encode(value) };
}

function generated(type: string): Codec {
  const [space = "", name = ""] = type.split(".");
  const classes = { raftpb, snappb, walpb }[space] as unknown as Record<
    string,
    MessageClass<object, object>
  >;
  const found = classes[name];
  assert.ok(found, `no class for ${type}`);
  return {
    decode: (bytes) => decode(found, bytes),
    encode: (value: object) => encode(found, value),
  };
}

/** A field's name as ours are: etcd's capitals and underscores away. */
const ourName = (name: string) => name.toLowerCase().replaceAll(/_(.)/g, "$1").replaceAll("_", "");

/** A value with what the other side may leave out left out: zeros, nothing, and empty lists. */
function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64") || undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(normal);
  if (typeof value !== "object" || value === null) return value || undefined;
  const fields = Object.entries(value)
    .map(([name, field]) => [ourName(name), normal(field)] as const)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

test("what etcd wrote decodes to its values, and so does what we write", (t) => {
  if (!existsSync(path)) {
    const inCi = process.env.CI === "true" && existsSync(shared);
    assert.ok(!inCi, `${path} is absent`);
    t.skip(`absent: ${path}`);
    return;
  }
  const vectors: Vector[] = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(vectors.length > 0);
  for (const { name, type, hex, value } of vectors) {
    const bytes = Buffer.from(hex, "hex");
    for (const one of [generated(type), byHand[type], tables[type]]) {
      if (one === undefined) continue;
      const decoded = one.decode(bytes);
      assert.deepEqual(normal(decoded), normal(value), name);
      assert.deepEqual(normal(one.decode(one.encode(decoded as never))), normal(value), name);
    }
  }
  t.diagnostic(`${vectors.length} vectors`);
});
