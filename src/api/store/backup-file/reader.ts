/** Reads a backup as it comes in, within a bound, and believes nothing of it. */

import { createHash } from "node:crypto";
import { GrpcCode } from "../../../etcd/grpc-code.ts";
import { TransferError } from "../../../kv/transfer/errors.ts";
import { decodeChunk } from "../../../kv/transfer/exporter.ts";
import { concat, prefixBytes, toHex } from "../../../proto/bytes.ts";
import { DecodeError } from "../../../proto/errors.ts";
import { ApiError } from "../../base/error.ts";
import { checksumBytes, formatVersion, magic, magicStart } from "./format.ts";

/** What a frame may have: a manifest grows with leases, users and remembered requests. */
export const maxFrameBytes = 16 << 20;

const bad = (text: string): ApiError => new ApiError(GrpcCode.InvalidArgument, text);

/** A backup whose beginning is read. */
export interface BackupBody {
  readonly manifest: Uint8Array;
  /**
   * Its chunks; ends when the checksum after them holds and nothing follows. Throws ApiError where
   * it breaks off, or is not what was written.
   */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Throws ApiError where the bytes do not begin as a backup that this version reads. */
export async function readBackup(body: AsyncIterable<Uint8Array>): Promise<BackupBody> {
  const bytes = new HashedBytes(body);
  const found = new TextDecoder().decode(await bytes.atMost(magic.length));
  if (!found.startsWith(magicStart)) throw bad("the body is no backup of durable-raft");
  if (found !== new TextDecoder().decode(magic)) {
    const version = found.slice(magicStart.length).trim();
    throw bad(`the backup is of format ${version}: this version reads format ${formatVersion}`);
  }
  const manifest = await frame(bytes);
  return { manifest, chunks: () => chunks(bytes) };
}

async function* chunks(bytes: HashedBytes): AsyncIterable<Uint8Array> {
  for (let last = false; !last; ) {
    const chunk = await frame(bytes);
    last = isLast(chunk);
    yield chunk;
  }
  const sum = bytes.sum();
  const stored = await bytes.exactly(checksumBytes);
  if (toHex(stored) !== sum) {
    throw bad(`the backup is damaged: its SHA-256 is ${sum}, ${toHex(stored)} is stored`);
  }
  if ((await bytes.atMost(1)).length > 0) {
    throw bad("the backup is damaged: something follows its checksum");
  }
}

async function frame(bytes: HashedBytes): Promise<Uint8Array> {
  const prefix = await bytes.exactly(prefixBytes);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0);
  if (length > maxFrameBytes) throw bad(`the backup is damaged: a part of ${length} bytes`);
  return bytes.exactly(length);
}

function isLast(chunk: Uint8Array): boolean {
  try {
    return decodeChunk(chunk).nextCursor.length === 0;
  } catch (error) {
    if (!(error instanceof TransferError || error instanceof DecodeError)) throw error;
    throw bad(`the backup is damaged: ${error.message}`);
  }
}

/** A stream of bytes in the portions in which they are wanted, and the sum of those given. */
class HashedBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hash = createHash("sha256");
  #rest: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The SHA-256 of all that was given, in hex. Nothing is added to it afterwards. */
  sum(): string {
    return this.#hash.copy().digest("hex");
  }

  async exactly(count: number): Promise<Uint8Array> {
    const bytes = await this.atMost(count);
    if (bytes.length === count) return bytes;
    throw bad(`the backup is torn: it ends after ${this.#position} bytes`);
  }

  /** Fewer only at the end. */
  async atMost(count: number): Promise<Uint8Array> {
    // Room is made for what has come, not for what a length says.
    const parts: Uint8Array[] = [];
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next();
        if (next.done) break;
        this.#rest = next.value;
        continue;
      }
      const taken = this.#rest.subarray(0, count - filled);
      parts.push(taken);
      filled += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    this.#position += filled;
    const given = concat(parts);
    this.#hash.update(given);
    return given;
  }
}
