/**
 * A field that code of version 1 does not know: number 2000, a varint. Later versions add it to all
 * that they say to other members, as new code will one day; old code must read the rest.
 */
const newField = [0x80, 0x7d, 0x01];

/** A copy of what an instance says, in the words of its version. */
export function saidBy(
  { version }: { readonly version: number },
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (version === 1 || bytes.length === 0) return bytes.slice();
  const said = new Uint8Array(bytes.length + newField.length);
  said.set(bytes);
  said.set(newField, bytes.length);
  return said;
}
