/** Nobody: the lead of a node that knows of no leader, the vote of one that has not voted. */
export const None = 0;

/**
 * Whom a message to the node's own storage is addressed to, in asynchronous storage writes. etcd
 * takes the two highest 64-bit integers; these are the two highest that a number holds. No member
 * has one of them.
 */
export const LocalAppendThread = Number.MAX_SAFE_INTEGER;
export const LocalApplyThread = Number.MAX_SAFE_INTEGER - 1;

/** Whether a message so addressed stays on the node. */
export function isLocalTarget(id: number): boolean {
  return id === LocalAppendThread || id === LocalApplyThread;
}

/** A node's id in hexadecimal, as all of etcd's texts have it, or the name of a local target. */
export function describeTarget(id: number): string {
  if (id === None) return "None";
  if (id === LocalAppendThread) return "AppendThread";
  if (id === LocalApplyThread) return "ApplyThread";
  return id.toString(16);
}
