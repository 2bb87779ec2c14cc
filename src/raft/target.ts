/** No node: the leader if none is known, the vote before voting. */
export const None = 0;

/**
 * Addresses of messages to the node's own storage, in asynchronous storage writes. etcd uses the
 * two highest 64-bit integers; these are the same bits read as signed. No decoder returns them, so
 * that no outside message can pass for a local one.
 */
export const LocalAppendThread = -1;
export const LocalApplyThread = -2;

/** Whether a message to this address stays on the node. */
export function isLocalTarget(id: number): boolean {
  return id === LocalAppendThread || id === LocalApplyThread;
}

/** A node's id in hexadecimal, as in etcd's texts, or the name of a local target. */
export function describeTarget(id: number): string {
  if (id === None) return "None";
  if (id === LocalAppendThread) return "AppendThread";
  if (id === LocalApplyThread) return "ApplyThread";
  return id.toString(16);
}
