import { UnknownEntryError } from "../kv/errors.ts";
import { ManifestError } from "../kv/manifest.ts";
import { DecodeError } from "../proto/errors.ts";
import { damageOf } from "../storage/load.ts";
import { CannotApplyError } from "./apply.ts";

/**
 * Whether an error says that this member does not understand an entry: starting anew would not
 * help. Applying changes nothing but memory, so the turn that met it is whole as far as it went.
 */
export function cannotApply(error: unknown): boolean {
  return error instanceof CannotApplyError || error instanceof UnknownEntryError;
}

/** Whether an error says that this member's storage is damaged: starting anew would not help. */
export function isDamage(error: unknown): boolean {
  return damageOf(error) !== undefined;
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
