import type { ConfState } from "../../../../../src/proto/raftpb.ts";
import type { Incarnation, Invariant } from "./facts.ts";

/**
 * Members that have applied the same log use the same configuration (raft's configuration changes
 * take effect when they are applied: etcd's raft/doc.go), and one follows from the one before by
 * overlapping majorities (Raft paper, section 6; thesis, section 4.1).
 */
export class ConfigurationSafety implements Invariant {
  readonly name = "configuration safety";
  readonly #byIndex = new Map<number, { readonly text: string; readonly by: string }>();
  changes = 0;

  configured(who: Incarnation, index: number, confState: ConfState): string | undefined {
    const text = canonical(confState);
    const known = this.#byIndex.get(index);
    if (known === undefined) {
      this.#byIndex.set(index, { text, by: who.name });
      this.changes += 1;
      return this.#overlaps(who, index, confState);
    }
    if (known.text === text) return undefined;
    return `at ${index} ${who.name} has ${text}, ${known.by} had ${known.text}`;
  }

  #overlaps(who: Incarnation, index: number, after: ConfState): string | undefined {
    const before = who.confState;
    if (before.votersOutgoing.length > 0 || after.votersOutgoing.length > 0) return undefined;
    if (before.voters.length === 0) return undefined;
    const gone = before.voters.filter((id) => !after.voters.includes(id)).length;
    const come = after.voters.filter((id) => !before.voters.includes(id)).length;
    if (gone + come <= 1) return undefined;
    return (
      `at ${index} ${who.name} goes from ${canonical(before)} to ${canonical(after)} ` +
      "without a joint configuration"
    );
  }
}

function canonical({ voters, learners, votersOutgoing, learnersNext }: ConfState): string {
  const lists = [voters, votersOutgoing, learners, learnersNext].map((ids) =>
    [...ids].sort((a, b) => a - b).join(" "),
  );
  return `voters ${lists[0]} / ${lists[1]}, learners ${lists[2]} / ${lists[3]}`;
}
