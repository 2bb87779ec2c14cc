/** Characters that Go's strconv.Quote does not escape, apart from quote and backslash. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const escapes = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/** Bytes as Go's `%q` prints them: quoted UTF-8, invalid bytes as `\xNN`. */
export function quote(bytes: Uint8Array): string {
  let text = '"';
  for (let at = 0; at < bytes.length; ) {
    const { point, size } = codePointAt(bytes, at);
    text += point === undefined ? hex("\\x", bytes[at] ?? 0, 2) : quoteCodePoint(point);
    at += size;
  }
  return `${text}"`;
}

function quoteCodePoint(point: number): string {
  const escaped = escapes.get(point);
  if (escaped !== undefined) return escaped;
  const character = String.fromCodePoint(point);
  if (printable.test(character)) return character;
  if (point < 0x80) return hex("\\x", point, 2);
  return point < 0x10000 ? hex("\\u", point, 4) : hex("\\U", point, 8);
}

function hex(prefix: string, value: number, digits: number): string {
  return prefix + value.toString(16).padStart(digits, "0");
}

/** The code point at `at`; undefined, with size 1, for an invalid encoding. */
function codePointAt(bytes: Uint8Array, at: number): { point: number | undefined; size: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { point: first, size: 1 };
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const least = [0, 0, 0x80, 0x800, 0x10000][size] ?? 0;
  let point = first & (0xff >> (size + 1));
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return { point: undefined, size: 1 };
    point = point * 64 + (next & 0x3f);
  }
  const surrogate = point >= 0xd800 && point < 0xe000;
  const invalid = first < 0xc2 || first > 0xf4 || point < least || point > 0x10ffff || surrogate;
  return invalid ? { point: undefined, size: 1 } : { point, size };
}
