/** Base64 of a text's UTF-8, or of bytes. */
export function b(value: string | Uint8Array): string {
  return Buffer.from(value).toString("base64");
}
