/** Bytes that are not the message they should be: truncated, garbage, or beyond what is allowed. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
