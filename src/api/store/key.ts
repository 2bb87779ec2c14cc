/** Ranges of keys. */

/** The end of the range of all keys with this prefix. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let last = end.length - 1; last >= 0; last -= 1) {
    const byte = end[last] ?? 0;
    if (byte < 0xff) {
      end[last] = byte + 1;
      return end.slice(0, last + 1);
    }
  }
  // All bytes are ff: every key from the prefix on has it.
  return Uint8Array.of(0);
}

/** The range of all keys with this prefix; all keys for an empty one. */
export function prefixRange(prefix: Uint8Array): { key: Uint8Array; rangeEnd: Uint8Array } {
  if (prefix.length === 0) return { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  return { key: prefix, rangeEnd: prefixEnd(prefix) };
}

/** The next key after this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}
