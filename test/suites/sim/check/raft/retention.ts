import type { Entry, SnapshotMetadata } from "../../../../../src/proto/raftpb.ts";
import type { ShadowLog } from "./shadow-log.ts";

/**
 * A follower deletes entries only where they conflict with the leader's (Raft paper, figure 2,
 * AppendEntries 3), and keeps what follows a snapshot that its log reaches (section 7: "if the
 * follower receives a snapshot that describes a prefix of its log, then log entries covered by the
 * snapshot are deleted but entries following the snapshot are still valid and must be retained").
 * Tells what would be lost by storing this over the durable log.
 */
export function lostWithoutReason(
  durable: ShadowLog,
  snapshot: Pick<SnapshotMetadata, "index" | "term"> | undefined,
  entries: readonly Entry[],
): string | undefined {
  const { lastIndex } = durable;
  if (snapshot !== undefined) {
    const { index, term } = snapshot;
    if (lastIndex <= index || durable.termAt(index) !== term) return undefined;
    return `loses ${index + 1} to ${lastIndex} by a snapshot that its log reaches`;
  }
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined || last.index >= lastIndex) return undefined;
  if (entries.some(({ index, term }) => durable.termAt(index) !== term)) return undefined;
  return `loses ${last.index + 1} to ${lastIndex} without a conflict`;
}
