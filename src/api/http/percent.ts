/** Percent-decoding of paths and queries. */

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a percent-encoded part of a URL; undefined where the encoding is invalid. */
export function percentDecoded(encoded: string): Uint8Array | undefined {
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

/** The bytes as text; undefined where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
