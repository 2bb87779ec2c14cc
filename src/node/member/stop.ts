import { UnknownEntryError } from "../../etcd/errors.ts";
import { ManifestError } from "../../kv/state/manifest.ts";
import { DecodeError } from "../../proto/errors.ts";
import { InvariantError } from "../../raft/index.ts";
import type { Sql } from "../../storage/sql.ts";
import { CannotApplyError } from "../raft-node/outcome.ts";
import { isDamage, stopReason } from "../world/damage.ts";

/**
 * Whether to stop the member and keep its turn's writes, because a restart cannot help. No answer
 * depends on these writes. For any other error the instance is aborted, which rolls the turn back.
 * @param starting whether the member is starting: what raft finds impossible in its storage then
 * will be so at every start.
 * @param halfDone whether the turn may have replaced half of a state.
 */
export function endsInOrder(error: unknown, starting: boolean, halfDone: boolean): boolean {
  const unreadable = starting && error instanceof InvariantError;
  return unreadable || cannotApply(error) || (isDamage(error) && !halfDone);
}

/** Whether the member does not understand an entry. Applying has changed nothing but memory. */
function cannotApply(error: unknown): boolean {
  return error instanceof CannotApplyError || error instanceof UnknownEntryError;
}

/** Bytes of the database; 0 where it is too damaged to be read. */
export function databaseBytes(sql: Sql): number {
  try {
    return sql.databaseSize;
  } catch (error) {
    if (isDamage(error)) return 0;
    throw error;
  }
}

/** Whether an intact snapshot record cannot be made into a state. */
export function isUnreadableState(error: unknown): boolean {
  return error instanceof ManifestError || error instanceof DecodeError;
}

/** Runs a request. Where it meets damage, its client is answered before the member ends. */
export function attempt(run: () => void, damaged: (why: string) => void): void {
  try {
    run();
  } catch (error) {
    if (!isDamage(error)) throw error;
    damaged(stopReason(error));
  }
}
