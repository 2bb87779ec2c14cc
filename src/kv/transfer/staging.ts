import { sameBytes } from "../../proto/bytes.ts";
import type { KeyValue } from "../../proto/generated/etcd.ts";
import { type Chunk, type Manifest, StagingProgress } from "../../proto/generated/kv.ts";
import { Word128 } from "../../storage/hash128.ts";
import { byteString, bytesOf } from "../keys/key-range.ts";
import type { Base } from "../store/base.ts";
import type { Generations, Staging } from "../store/generations.ts";
import type { Row } from "../store/version.ts";
import { TransferError } from "./errors.ts";
import { decodeChunk } from "./exporter.ts";
import { LiveSum, Totals } from "./totals.ts";

/** What is noted of a transfer beside its rows; a row of the database has at most 2 MB. */
export const maxProgressBytes = 1_500_000;

/** What a staging generation belongs to: one snapshot of one member. */
export interface StagingKey {
  readonly source: number;
  readonly index: number;
  readonly term: number;
  readonly manifestCrc: number;
}

/**
 * The generation into which another member's snapshot is pulled. Rows and progress are written in
 * one turn, so that a restart goes on where the last durable chunk ended.
 */
export class StagingGeneration {
  readonly #generations: Generations;
  readonly #base: Base;
  #progress: StagingProgress;

  private constructor(generations: Generations, staging: Staging) {
    this.#generations = generations;
    this.#base = generations.openStaging(staging);
    this.#progress = StagingProgress.decode(staging.progress);
  }

  /** The one of `key` that is there, or a new one in place of any other. */
  static open(generations: Generations, key: StagingKey): StagingGeneration {
    const owner = encodeKey(key);
    const found = generations.staging;
    const belongs = found !== undefined && sameBytes(found.owner, owner);
    const fresh = StagingProgress.encode(StagingProgress.create());
    const staging = belongs ? found : generations.beginStaging(owner, fresh);
    return new StagingGeneration(generations, staging);
  }

  /** What the one that is there belongs to; undefined where there is none. */
  static keyOf({ staging }: Generations): StagingKey | undefined {
    return staging && decodeKey(staging.owner);
  }

  /** The cursor to ask for; undefined when all is there. */
  get nextCursor(): Uint8Array | undefined {
    return this.#progress.complete ? undefined : this.#progress.nextCursor;
  }

  /** Throws TransferError and DecodeError; nothing has changed then. */
  add(bytes: Uint8Array, check?: (chunk: Chunk) => void): void {
    const chunk = decodeChunk(bytes);
    const before = this.#progress;
    if (before.complete || !sameBytes(chunk.cursor, before.nextCursor)) {
      throw new TransferError("this is not the chunk that comes next");
    }
    check?.(chunk);
    const received = new Totals(before.received);
    const live = liveSum(before);
    const rows = chunk.rows.map(rowOf);
    for (const row of rows) {
      received.addRow(row);
      live.add(row);
    }
    const history = chunk.history.map((entry) => ({ ...entry, key: byteString(entry.key) }));
    for (const entry of history) received.addEntry(entry);
    const progress = {
      nextCursor: chunk.nextCursor.slice(),
      complete: isComplete(chunk, received),
      received: received.encode(),
      keyFingerprint: live.sum.toBytes(),
      lastKey: bytesOf(live.key ?? ""),
      lastRecord: live.record?.toBytes() ?? noBytes,
    };
    const noted = StagingProgress.encode(progress);
    if (noted.length > maxProgressBytes) {
      throw new TransferError(`a cursor, and a key, of ${noted.length} bytes`);
    }
    this.#base.write(rows);
    this.#base.appendHistory(history);
    this.#progress = progress;
    this.#generations.note(noted);
  }

  /** Throws TransferError unless everything is there and is what the manifest says. */
  verify(manifest: Manifest): void {
    if (!this.#progress.complete) throw new TransferError("the transfer is not complete");
    const staged = Word128.fromBytes(this.#progress.keyFingerprint);
    const wanted = Word128.fromBytes(manifest.keyFingerprint);
    if (!staged.equals(wanted)) {
      throw new TransferError(`staged keys sum to ${staged.toHex()}, not ${wanted.toHex()}`);
    }
  }
}

const noBytes = new Uint8Array(0);

function liveSum({ keyFingerprint, lastKey, lastRecord }: StagingProgress): LiveSum {
  return new LiveSum(
    Word128.fromBytes(keyFingerprint),
    lastKey.length === 0 ? undefined : byteString(lastKey),
    lastRecord.length === 0 ? undefined : Word128.fromBytes(lastRecord),
  );
}

function isComplete(chunk: Chunk, received: Totals): boolean {
  if (chunk.nextCursor.length > 0) return false;
  const sent = new Totals(chunk.totals);
  if (sent.equals(received)) return true;
  throw new TransferError(
    `${received.rows} rows and ${received.history} entries of ${received.sum.toHex()}, ` +
      `but ${sent.rows} and ${sent.history} of ${sent.sum.toHex()} were sent`,
  );
}

function rowOf({ kv, second }: { kv: KeyValue | undefined; second: boolean }): Row {
  if (kv === undefined || kv.key.length === 0) throw new TransferError("a row without a key");
  return { key: byteString(kv.key), kv, second };
}

function encodeKey({ source, index, term, manifestCrc }: StagingKey): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  [source, index, term, manifestCrc].forEach((part, i) => {
    view.setFloat64(8 * i, part);
  });
  return bytes;
}

function decodeKey(bytes: Uint8Array): StagingKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (i: number) => view.getFloat64(8 * i);
  return { source: part(0), index: part(1), term: part(2), manifestCrc: part(3) };
}
