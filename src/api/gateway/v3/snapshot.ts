/**
 * etcd's Snapshot call as a stream of a backup: pieces of 32 KiB, then the SHA-256 of all of them.
 * Together they are a file as in format.ts.
 */
import { createHash } from "node:crypto";
import { storageVersion } from "../../../etcd/version.ts";
import { SnapshotRequest, SnapshotResponse } from "../../../proto/generated/etcd.ts";
import { Manifest } from "../../../proto/generated/kv.ts";
import type { Context } from "../../http/context.ts";
import { checkAdmin } from "../../store/admin.ts";
import { backupBytes } from "../../store/backup-file/format.ts";
import { type Method, stream } from "./method.ts";

const pieceBytes = 32 << 10;

/** The same bytes in pieces of one size; the last may be shorter. */
async function* pieces(parts: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      // A full piece waits for the next byte, since only then it is known not to be the last.
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
  const parts = backupBytes(context, (manifest) => {
    // How much follows is not known before it comes; the bytes of live rows are an estimate.
    expected = manifest.length + Manifest.decode(manifest).liveBytes;
  });
  const version = storageVersion;
  let previous: Uint8Array | undefined;
  let sent = 0;
  const message = (blob: Uint8Array, more: boolean): SnapshotResponse => {
    sent += blob.length;
    const remainingBytes = more ? Math.max(1, expected - sent) : 0;
    return SnapshotResponse.create({ remainingBytes, blob, version });
  };
  for await (const piece of pieces(parts)) {
    hash.update(piece);
    if (previous !== undefined) yield message(previous, true);
    previous = piece;
  }
  if (previous !== undefined) yield message(previous, false);
  yield message(new Uint8Array(hash.digest()), false);
}

export const snapshotMethods: Readonly<Record<string, Method>> = {
  "maintenance/snapshot": stream(SnapshotRequest, SnapshotResponse, backup),
};
