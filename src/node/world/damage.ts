import { damageOf } from "../../storage/load.ts";

/** Whether the error means damaged storage, so that a restart would not help. */
export function isDamage(error: unknown): boolean {
  return damageOf(error) !== undefined;
}

/** The error as the reason in the member's status. */
export function stopReason(error: unknown): string {
  const damage = damageOf(error);
  if (damage !== undefined) return `${damage.kind} in ${damage.where}: ${damage.reason}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
