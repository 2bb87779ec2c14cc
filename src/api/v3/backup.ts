/**
 * The stream of a backup, etcd's Snapshot call: pieces of 32 KiB, then the SHA-256 of all of them.
 * What the pieces are together is this project's own format, version 1:
 *
 *     "durable-raft backup 1\n"
 *     frames, each 4 bytes of its length, big-endian, and so many bytes:
 *       first the manifest (kvpb.Manifest), whose index, term and revision say of when it is,
 *       then chunks of rows (4 bytes of CRC-32C, big-endian, and a kvpb.Chunk), the last of which
 *       carries count and sum of all rows
 */
import { createHash } from "node:crypto";
import { SnapshotRequest, SnapshotResponse } from "../../proto/generated/etcd.ts";
import { Manifest } from "../../proto/generated/kv.ts";
import type { Context } from "../context.ts";
import { storageVersion } from "../version.ts";
import { checkAdmin } from "./maintenance.ts";
import { type Route, stream } from "./route.ts";

const magic = new TextEncoder().encode("durable-raft backup 1\n");
const pieceBytes = 32 << 10;
const prefixBytes = 4;

function framed(part: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prefixBytes + part.length);
  new DataView(frame.buffer).setUint32(0, part.length);
  frame.set(part, prefixBytes);
  return frame;
}

/** The same bytes in pieces of one size; the last one is shorter. */
async function* pieces(parts: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      // A full piece waits for the first byte after it: the last one is not known before.
      if (filled === pieceBytes) {
        yield piece;
        piece = new Uint8Array(pieceBytes);
        filled = 0;
      }
      const taken = part.subarray(at, at + pieceBytes - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
    }
  }
  yield piece.subarray(0, filled);
}

async function* backup(context: Context): AsyncIterable<SnapshotResponse> {
  await checkAdmin(context);
  const hash = createHash("sha256");
  let expected = 0;
  async function* parts(): AsyncIterable<Uint8Array> {
    yield magic;
    let first = true;
    for await (const part of context.cluster.backup(() => context.call())) {
      // How much follows is only known when it has come: bytes of live rows come near.
      if (first) expected = part.length + Manifest.decode(part).liveBytes;
      first = false;
      yield framed(part);
    }
  }
  const version = storageVersion;
  let previous: Uint8Array | undefined;
  let sent = 0;
  const message = (blob: Uint8Array, more: boolean): SnapshotResponse => {
    sent += blob.length;
    const remainingBytes = more ? Math.max(1, expected - sent) : 0;
    return SnapshotResponse.create({ remainingBytes, blob, version });
  };
  for await (const piece of pieces(parts())) {
    hash.update(piece);
    if (previous !== undefined) yield message(previous, true);
    previous = piece;
  }
  if (previous !== undefined) yield message(previous, false);
  yield message(new Uint8Array(hash.digest()), false);
}

export const backupRoutes: Readonly<Record<string, Route>> = {
  "maintenance/snapshot": stream(SnapshotRequest, SnapshotResponse, backup),
};
