import type { Incarnation, Invariant } from "./facts.ts";

/**
 * The cluster version says how entries are applied, so it is never above what the code of a member
 * knows that applies them (docs/architecture.md, Versions).
 */
export class ClusterVersionRule implements Invariant {
  readonly name = "cluster version";
  highest = 0;

  versioned(who: Incarnation, knows: number, clusterVersion: number): string | undefined {
    this.highest = Math.max(this.highest, clusterVersion);
    if (clusterVersion <= knows) return undefined;
    return `${who.name} knows version ${knows}, and the cluster is at ${clusterVersion}`;
  }
}
