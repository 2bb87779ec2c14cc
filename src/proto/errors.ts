/** Bytes that are not a valid message: truncated, garbage, or beyond a bound. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
