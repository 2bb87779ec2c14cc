import { Chunk, type Manifest, TransferCursor } from "../../proto/generated/kv.ts";
import { crc32c } from "../../storage/crc32c.ts";
import { byteString, bytesOf } from "../keys/key-range.ts";
import type { Base } from "../store/base.ts";
import { type HistoryEntry, isTombstone, lastRankOf, type Row, rankOf } from "../store/version.ts";
import { Audit, type Promised } from "./audit.ts";
import { TransferError } from "./errors.ts";
import { Totals } from "./totals.ts";

/** The version of kvpb.Chunk. */
const chunkFormat = 1;

const crcBytes = 4;

/** One piece of a transfer. */
export interface ExportedChunk {
  /** An encoded kvpb.Chunk with its CRC-32C, big-endian, in front. */
  readonly bytes: Uint8Array;
  /** Where the next chunk begins; undefined after the last. */
  readonly nextCursor: Uint8Array | undefined;
}

/** Rows and entries that one chunk looks at, sent or not: what bounds its time. */
const maxLooks = 4_096;
const rowOverheadBytes = 40;

/** Rows and entries that a chunk may bring: more would take too much of a turn, and of memory. */
export const maxChunkElements = 16_384;

/**
 * Makes the chunks of a snapshot from a base. What belongs to it is decided by its revision and its
 * compaction alone, so that every member would send the same: versions up to the revision that are
 * at the compaction or above it, or are the key's newest at or below it and no tombstone; and the
 * history from the compaction to the revision. Keeps nothing between chunks.
 */
export class Exporter {
  readonly #base: Base;
  readonly #promised: Promised;
  readonly #revision: number;
  readonly #compactRevision: number;

  constructor(base: Base, manifest: Manifest) {
    this.#base = base;
    this.#promised = manifest;
    this.#revision = manifest.revision;
    this.#compactRevision = manifest.compactRevision;
  }

  /**
   * Throws DecodeError, and StorageDamagedError where what is sent is not what the manifest says:
   * at the last row, or the last entry, at the latest.
   *
   * @param cursor as the chunk before gave it; empty for the first.
   */
  chunk(cursor: Uint8Array, maxBytes: number): ExportedChunk {
    const from = TransferCursor.decode(cursor);
    const totals = new Totals(from.sent);
    const unchecked = cursor.length > 0 && from.audit === undefined;
    const audit = unchecked ? undefined : new Audit(this.#promised, from.audit);
    const sums = { totals, audit };
    const part = this.#rows(from, sums, maxBytes) ?? this.#history(from, sums, maxBytes);
    const position = { sent: totals.encode(), ...(audit && { audit: audit.encode() }) };
    const nextCursor = part.next && TransferCursor.encode({ ...part.next, ...position });
    const chunk = Chunk.create({
      format: chunkFormat,
      cursor,
      rows: part.rows.map(({ kv, second }) => ({ kv, second })),
      history: part.history.map((entry) => ({ ...entry, key: bytesOf(entry.key) })),
      ...(nextCursor ? { nextCursor } : { totals: totals.encode() }),
    });
    return { bytes: withCrc(Chunk.encode(chunk)), nextCursor };
  }

  /** Undefined when the rows were done before this chunk. */
  #rows(from: TransferCursor, sums: Sums, maxBytes: number): Part | undefined {
    if (from.revision > 0) return undefined;
    const after =
      from.key.length === 0 ? undefined : { key: byteString(from.key), rank: from.rank };
    const rows: Row[] = [];
    let [looks, bytes] = [0, 0];
    let held: Row | undefined;
    for (const row of this.#base.rowsAfter(after, this.#revision)) {
      if (held !== undefined) {
        if (belongs(held, row, this.#compactRevision)) {
          countRow(sums, held);
          rows.push(held);
          bytes += held.kv.key.length + held.kv.value.length + rowOverheadBytes;
        }
        if (bytes >= maxBytes || ++looks >= maxLooks) {
          return { rows, history: [], next: afterRow(held) };
        }
      }
      held = row;
    }
    if (held !== undefined && belongs(held, undefined, this.#compactRevision)) {
      countRow(sums, held);
      rows.push(held);
    }
    sums.audit?.endRows();
    const begin = Math.max(this.#compactRevision, 1);
    return { rows, history: [], next: TransferCursor.create({ revision: begin }) };
  }

  #history(from: TransferCursor, { totals, audit }: Sums, maxBytes: number): Part {
    const history: HistoryEntry[] = [];
    let bytes = 0;
    let [revision, entry] = [from.revision, 0];
    for (const found of this.#entriesFrom(from.revision)) {
      if (found.revision !== revision) [revision, entry] = [found.revision, 0];
      if (revision > from.revision || entry >= from.entry) {
        if (bytes >= maxBytes || history.length >= maxLooks) {
          return { rows: [], history, next: TransferCursor.create({ revision, entry }) };
        }
        history.push(found);
        totals.addEntry(found);
        audit?.addEntry(found);
        bytes += found.key.length + rowOverheadBytes;
      }
      entry++;
    }
    audit?.end();
    return { rows: [], history, next: undefined };
  }

  #entriesFrom(revision: number): Generator<HistoryEntry> {
    return entriesBetween(this.#base, revision, this.#revision);
  }
}

/** The history of a base from one revision to another. */
export function* entriesBetween(base: Base, from: number, to: number): Generator<HistoryEntry> {
  for (const block of base.blocks) {
    if (block.first > to) return;
    if (block.last < from) continue;
    for (const entry of base.entries(block)) {
      if (entry.revision > to) return;
      if (entry.revision >= from) yield entry;
    }
  }
}

/** Whether a row belongs to a snapshot of this compaction; `next` is the row after it. */
export function belongs(row: Row, next: Row | undefined, compactRevision: number): boolean {
  if (row.kv.modRevision >= compactRevision) return true;
  if (isTombstone(row.kv)) return false;
  if (next === undefined || next.key !== row.key) return true;
  const nextRank = rankOf(next.kv.modRevision, next.second);
  return nextRank > lastRankOf(compactRevision);
}

/** What was sent, and what is to be found wrong with it. */
interface Sums {
  readonly totals: Totals;
  readonly audit: Audit | undefined;
}

function countRow({ totals, audit }: Sums, row: Row): void {
  totals.addRow(row);
  audit?.addRow(row);
}

interface Part {
  readonly rows: readonly Row[];
  readonly history: readonly HistoryEntry[];
  readonly next: TransferCursor | undefined;
}

function afterRow({ kv, second }: Row): TransferCursor {
  return TransferCursor.create({ key: kv.key, rank: rankOf(kv.modRevision, second) });
}

function withCrc(chunk: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(crcBytes + chunk.length);
  new DataView(bytes.buffer).setUint32(0, crc32c(chunk));
  bytes.set(chunk, crcBytes);
  return bytes;
}

/** The chunk in such bytes. Throws TransferError where the CRC does not hold, and DecodeError. */
export function decodeChunk(bytes: Uint8Array): Chunk {
  if (bytes.length < crcBytes) throw new TransferError(`a chunk of ${bytes.length} bytes`);
  const chunk = bytes.subarray(crcBytes);
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const actual = crc32c(chunk);
  if (stored !== actual) throw new TransferError(`chunk: CRC ${actual}, stored ${stored}`);
  const decoded = Chunk.decodeBounded(chunk, maxChunkElements);
  if (decoded.format !== chunkFormat) {
    throw new TransferError(`chunk of format ${decoded.format}, ${chunkFormat} is known`);
  }
  if (decoded.aboveRevision !== 0) {
    throw new TransferError(`a chunk of what is above revision ${decoded.aboveRevision} alone`);
  }
  return decoded;
}
