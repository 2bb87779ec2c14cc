/** Keys in paths and queries: percent-encoded bytes, and text where they are UTF-8. */
import { toBase64 } from "../gateway/json/base64.ts";

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes that a percent-encoded part of a path stands for; undefined where it is none. */
export function keyOfPath(encoded: string): Uint8Array | undefined {
  const raw = encoder.encode(encoded);
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i += 1) {
    let byte = raw[i] ?? 0;
    if (byte === 0x25) {
      const hex = encoded.length === raw.length ? encoded.slice(i + 1, i + 3) : hexAt(raw, i + 1);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
      byte = Number.parseInt(hex, 16);
      i += 2;
    }
    bytes[length] = byte;
    length += 1;
  }
  return bytes.slice(0, length);
}

const hexAt = (raw: Uint8Array, at: number): string =>
  String.fromCharCode(...raw.subarray(at, at + 2));

/** The text that bytes are, or undefined where they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A member of a JSON object: under its name as text, or under `<name>_base64`. */
export function textMember(name: string, bytes: Uint8Array): Record<string, string> {
  const text = textOf(bytes);
  return text === undefined ? { [`${name}_base64`]: toBase64(bytes) } : { [name]: text };
}

/** The end of the range of all keys that begin with these bytes. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let last = end.length - 1; last >= 0; last -= 1) {
    const byte = end[last] ?? 0;
    if (byte < 0xff) {
      end[last] = byte + 1;
      return end.slice(0, last + 1);
    }
  }
  // From the prefix on: all of them are ff.
  return Uint8Array.of(0);
}

/** The first key after this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}
