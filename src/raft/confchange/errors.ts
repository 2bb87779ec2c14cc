/** A configuration change that is not allowed, or whose text cannot be read. */
export class ConfChangeError extends Error {
  override readonly name = "ConfChangeError";
}
