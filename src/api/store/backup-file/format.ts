/**
 * What a backup is: this project's own format, version 1.
 *
 *     "durable-raft backup 1\n"
 *     frames, each 4 bytes of its length, big-endian, and so many bytes:
 *       first the manifest (kvpb.Manifest), whose index, term and revision say of when it is,
 *       then chunks of rows (4 bytes of CRC-32C, big-endian, and a kvpb.Chunk), the last of which
 *       has no next cursor, and carries count and sum of all rows
 *     32 bytes: the SHA-256 of all of the above
 */
import { createHash } from "node:crypto";
import { lengthPrefixed } from "../../../proto/bytes.ts";
import type { OnlyMember } from "../../cluster/client.ts";
import type { Context } from "../../http/context.ts";

export const magicStart = "durable-raft backup ";
export const formatVersion = 1;
export const magic = new TextEncoder().encode(`${magicStart}${formatVersion}\n`);
export const checksumBytes = 32;

/**
 * A backup of the cluster as it is now, or of what one member knows of it, without its checksum.
 * `began` hears of the manifest.
 */
export async function* backupBytes(
  context: Context,
  began: (manifest: Uint8Array) => void = () => undefined,
  only?: OnlyMember,
): AsyncIterable<Uint8Array> {
  yield magic;
  let first = true;
  for await (const part of context.cluster.backup(() => context.call(), only)) {
    if (first) began(part);
    first = false;
    yield lengthPrefixed([part]);
  }
}

/** The same bytes, and their checksum after them. */
export async function* withChecksum(
  parts: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array<ArrayBufferLike>> {
  const hash = createHash("sha256");
  for await (const part of parts) {
    hash.update(part);
    yield part;
  }
  yield new Uint8Array(hash.digest());
}
