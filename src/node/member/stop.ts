import { UnknownEntryError } from "../../etcd/errors.ts";
import { ManifestError } from "../../kv/state/manifest.ts";
import { DecodeError } from "../../proto/errors.ts";
import { InvariantError } from "../../raft/index.ts";
import type { Sql } from "../../storage/sql.ts";
import { CannotApplyError } from "../raft-node/outcome.ts";
import { isDamage, stopReason } from "../world/damage.ts";

/**
 * Whether the member ends in good order for an error: going on, and starting anew, would be of no
 * use. What its turn had written stays where it is whole: no answer depends on it. All else is
 * taken back with the instance.
 *
 * @param starting what raft calls impossible in its own storage then will be so at every start.
 * @param halfDone the turn may have left half of a state in place of another.
 */
export function endsInOrder(error: unknown, starting: boolean, halfDone: boolean): boolean {
  const unreadable = starting && error instanceof InvariantError;
  return unreadable || cannotApply(error) || (isDamage(error) && !halfDone);
}

/**
 * Whether an error says that this member does not understand an entry. Applying changes nothing but
 * memory.
 */
function cannotApply(error: unknown): boolean {
  return error instanceof CannotApplyError || error instanceof UnknownEntryError;
}

/** Bytes of the database; 0 where it is so damaged that it cannot be read. */
export function databaseBytes(sql: Sql): number {
  try {
    return sql.databaseSize;
  } catch (error) {
    if (isDamage(error)) return 0;
    throw error;
  }
}

/** Whether a snapshot that was read in good order still cannot be made into a state. */
export function isUnreadableState(error: unknown): boolean {
  return error instanceof ManifestError || error instanceof DecodeError;
}

/** Runs it. Where it meets damage, its client gets that answer before the member ends. */
export function attempt(run: () => void, damaged: (why: string) => void): void {
  try {
    run();
  } catch (error) {
    if (!isDamage(error)) throw error;
    damaged(stopReason(error));
  }
}
