import { Chunk, type Manifest, TransferCursor } from "../../proto/generated/kv.ts";
import { crc32c } from "../../storage/crc32c.ts";
import { byteString, bytesOf } from "../key-range.ts";
import type { Base } from "../store/base.ts";
import { type HistoryEntry, isTombstone, lastRankOf, type Row, rankOf } from "../store/version.ts";
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

/**
 * Makes the chunks of a snapshot from a base. What belongs to it is decided by its revision and its
 * compaction alone, so that every member would send the same: versions up to the revision that are
 * at the compaction or above it, or are the key's newest at or below it and no tombstone; and the
 * history from the compaction to the revision. Keeps nothing between chunks.
 */
export class Exporter {
  readonly #base: Base;
  readonly #revision: number;
  readonly #compactRevision: number;

  constructor(base: Base, { revision, compactRevision }: Manifest) {
    this.#base = base;
    this.#revision = revision;
    this.#compactRevision = compactRevision;
  }

  /** @param cursor as the chunk before gave it; empty for the first. Throws DecodeError. */
  chunk(cursor: Uint8Array, maxBytes: number): ExportedChunk {
    const from = TransferCursor.decode(cursor);
    const totals = new Totals(from.sent);
    const part = this.#rows(from, totals, maxBytes) ?? this.#history(from, totals, maxBytes);
    const nextCursor = part.next && TransferCursor.encode({ ...part.next, sent: totals.encode() });
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
  #rows(from: TransferCursor, totals: Totals, maxBytes: number): Part | undefined {
    if (from.revision > 0) return undefined;
    const after =
      from.key.length === 0 ? undefined : { key: byteString(from.key), rank: from.rank };
    const rows: Row[] = [];
    let [looks, bytes] = [0, 0];
    let held: Row | undefined;
    for (const row of this.#base.rowsAfter(after, this.#revision)) {
      if (held !== undefined) {
        if (this.#belongs(held, row)) {
          totals.addRow(held);
          rows.push(held);
          bytes += held.kv.key.length + held.kv.value.length + rowOverheadBytes;
        }
        if (bytes >= maxBytes || ++looks >= maxLooks) {
          return { rows, history: [], next: afterRow(held) };
        }
      }
      held = row;
    }
    if (held !== undefined && this.#belongs(held, undefined)) {
      totals.addRow(held);
      rows.push(held);
    }
    const begin = Math.max(this.#compactRevision, 1);
    return { rows, history: [], next: TransferCursor.create({ revision: begin }) };
  }

  #belongs(row: Row, next: Row | undefined): boolean {
    if (row.kv.modRevision >= this.#compactRevision) return true;
    if (isTombstone(row.kv)) return false;
    if (next === undefined || next.key !== row.key) return true;
    const nextRank = rankOf(next.kv.modRevision, next.second);
    return nextRank > lastRankOf(this.#compactRevision);
  }

  #history(from: TransferCursor, totals: Totals, maxBytes: number): Part {
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
        bytes += found.key.length + rowOverheadBytes;
      }
      entry++;
    }
    return { rows: [], history, next: undefined };
  }

  *#entriesFrom(revision: number): Generator<HistoryEntry> {
    for (const block of this.#base.blocks) {
      if (block.first > this.#revision) return;
      if (block.last < revision) continue;
      for (const entry of this.#base.entries(block)) {
        if (entry.revision > this.#revision) return;
        if (entry.revision >= revision) yield entry;
      }
    }
  }
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
  const decoded = Chunk.decode(chunk);
  if (decoded.format !== chunkFormat) {
    throw new TransferError(`chunk of format ${decoded.format}, ${chunkFormat} is known`);
  }
  return decoded;
}
