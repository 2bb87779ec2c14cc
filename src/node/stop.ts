import { ManifestError } from "../kv/manifest.ts";
import { DecodeError } from "../proto/errors.ts";
import { damageOf } from "../storage/load.ts";
import { CannotApplyError } from "./apply.ts";

/**
 * Whether an error says that this member cannot go on, and starting anew would not help: its
 * storage is damaged, or it does not understand an entry. Everything else is a mistake of the code,
 * and aborts the turn.
 */
export function isStop(error: unknown): boolean {
  return error instanceof CannotApplyError || damageOf(error) !== undefined;
}

/** Whether a snapshot that was read in good order still cannot be made into a state. */
export function isUnreadableState(error: unknown): boolean {
  return error instanceof ManifestError || error instanceof DecodeError;
}

/** What the member's status says of it. */
export function stopReason(error: unknown): string {
  const damage = damageOf(error);
  if (damage !== undefined) return `${damage.kind} in ${damage.where}: ${damage.reason}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
