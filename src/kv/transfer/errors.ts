/** A transfer that cannot go on, or did not bring what it should. What it staged may be dropped. */
export class TransferError extends Error {
  override readonly name = "TransferError";
}
