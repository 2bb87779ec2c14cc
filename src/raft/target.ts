/** No node: the lead of a node that knows of no leader, the vote of one that has not voted. */
export const None = 0;

/**
 * Whom a message to the node's own storage is addressed to, in asynchronous storage writes. etcd
 * takes the two highest 64-bit integers; these are the same bits read as signed. No decoder gives
 * them, so that no message from outside can pass for a local one.
 */
export const LocalAppendThread = -1;
export const LocalApplyThread = -2;

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
