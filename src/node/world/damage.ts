import { damageOf } from "../../storage/load.ts";

/** Whether an error says that this member's storage is damaged: starting anew would not help. */
export function isDamage(error: unknown): boolean {
  return damageOf(error) !== undefined;
}

/** What the member's status says of it. */
export function stopReason(error: unknown): string {
  const damage = damageOf(error);
  if (damage !== undefined) return `${damage.kind} in ${damage.where}: ${damage.reason}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
