/** Bytes that are not the message they should be: truncated, garbage, or beyond what is allowed. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** What a thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
