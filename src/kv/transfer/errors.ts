import { DecodeError } from "../../proto/errors.ts";
import { ManifestError } from "../state/manifest.ts";

/** A transfer that cannot go on, or did not bring what it should. What it staged may be dropped. */
export class TransferError extends Error {
  override readonly name = "TransferError";
}

/** Whether an error says that what was brought is at fault, and nothing that is stored. */
export function isFaultOfTransfer(error: unknown): error is Error {
  return (
    error instanceof TransferError || error instanceof ManifestError || error instanceof DecodeError
  );
}
