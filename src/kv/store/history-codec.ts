import { DecodeError } from "../../proto/errors.ts";
import { byteString } from "../keys/key-range.ts";
import type { HistoryEntry } from "./version.ts";

/**
 * Encodes a block of history. For each entry: the distance of its revision from the previous one,
 * doubled, plus one for the second change of a key in a revision; the key's length; the key.
 * Numbers are varints.
 */
export function encodeHistory(entries: readonly HistoryEntry[]): Uint8Array<ArrayBuffer> {
  const size = entries.reduce((sum, { key }) => sum + key.length + 2 * maxVarintBytes, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  let previous = 0;
  for (const { key, revision, second } of entries) {
    if (revision < previous) throw new Error(`revision ${revision} after ${previous}`);
    at = putVarint(bytes, at, (revision - previous) * 2 + (second ? 1 : 0));
    at = putVarint(bytes, at, key.length);
    for (let i = 0; i < key.length; i++) bytes[at++] = key.charCodeAt(i);
    previous = revision;
  }
  return bytes.slice(0, at);
}

/** Decodes a block of history. Throws DecodeError. */
export function decodeHistory(bytes: Uint8Array): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  const reader = { bytes, at: 0 };
  let revision = 0;
  while (reader.at < bytes.length) {
    const step = takeVarint(reader);
    const length = takeVarint(reader);
    const end = reader.at + length;
    if (end > bytes.length) throw new DecodeError(`history: key ends at ${end}`);
    revision += Math.floor(step / 2);
    const key = byteString(bytes.subarray(reader.at, end));
    entries.push({ key, revision, second: step % 2 === 1 });
    reader.at = end;
  }
  return entries;
}

const maxVarintBytes = 8;

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  bytes[at] = value;
  return at + 1;
}

function takeVarint(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let scale = 1, i = 0; i < maxVarintBytes; i++, scale *= 128) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new DecodeError("history: truncated");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw new DecodeError("history: varint too long");
}
