import type { Answered } from "../clients/history.ts";

/**
 * Serializable reads may be old, but one member between two restarts never goes back in time
 * (etcd's api_guarantees.md: a serializable read sees some past state of the member asked).
 */
export function monotonicProblems(answers: readonly Answered[]): string[] {
  const problems: string[] = [];
  const byInstance = Map.groupBy(answers, ({ by }) => by);
  for (const group of byInstance.values()) {
    const byReturn = [...group].sort((a, b) => a.returnAt - b.returnAt);
    let newest: Answered | undefined;
    let next = 0;
    for (const answer of [...group].sort((a, b) => a.callAt - b.callAt)) {
      for (;;) {
        const other = byReturn[next];
        if (other === undefined || other.returnAt >= answer.callAt) break;
        if (newest === undefined || other.output.revision > newest.output.revision) newest = other;
        next += 1;
      }
      if (newest === undefined || answer.output.revision >= newest.output.revision) continue;
      problems.push(
        `${answer.by} answered ${answer.name} at revision ${answer.output.revision}, after ` +
          `${newest.name} at ${newest.output.revision}`,
      );
    }
  }
  return problems;
}
