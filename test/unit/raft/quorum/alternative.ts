import type { MajorityConfig } from "../../../../src/raft/quorum/majority.ts";
import type { AckedIndexer } from "../../../../src/raft/quorum/quorum.ts";

/**
 * The committed index by its definition, to check the fast computation against: the highest of the
 * acknowledged indexes that so many voters have reached that they are a majority.
 */
export function alternativeCommittedIndex(config: MajorityConfig, acked: AckedIndexer): number {
  if (config.size === 0) return Number.POSITIVE_INFINITY;
  const indexes = config.ids.map((id) => acked(id) ?? 0);
  const reached = indexes.filter(
    (index) => 2 * indexes.filter((other) => other >= index).length > config.size,
  );
  return Math.max(0, ...reached);
}
