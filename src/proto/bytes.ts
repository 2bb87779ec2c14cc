/** All parts as one array; a single part is returned itself. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes of a frame's length prefix, big-endian. */
export const prefixBytes = 4;

/** The parts as frames, one after the other. */
export function lengthPrefixed(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = parts.reduce((sum, { length }) => sum + prefixBytes + length, 0);
  const frames = new Uint8Array(bytes);
  const view = new DataView(frames.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    frames.set(part, at + prefixBytes);
    at += prefixBytes + part.length;
  }
  return frames;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Below, at or above 0; compares unsigned bytes, then lengths. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
