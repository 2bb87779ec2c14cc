import { files } from "./files.ts";
import type { Edit, Mutant } from "./mutant.ts";

/**
 * Changes that are right, and make paths common that hardly ever are taken: some mutants show only
 * there. Each is also run alone, and nothing may be violated.
 */

/** A learner takes the place of a voter, in one change through a joint configuration. */
export const jointChanges: readonly Edit[] = [
  {
    file: files.membership,
    find: "const change = { transition, changes, context };",
    replace: [
      "const { members, leader } = this.#view;",
      "    const [{ type, nodeId }] = changes;",
      "    const voters = members.filter((m) => !m.isLearner).map((m) => m.ID);",
      "    const others = voters.filter((id) => id !== nodeId && id !== leader);",
      "    const full = context.length > 0 && voters.length >= 3;",
      "    const promoted = type === ConfChangeType.ConfChangeAddNode && !voters.includes(nodeId);",
      "    const known = members.some((m) => m.ID === nodeId);",
      "    const leaving = { type: ConfChangeType.ConfChangeRemoveNode, nodeId: others[0] };",
      "    const all = full && promoted && known ? [...changes, leaving] : changes;",
      "    const change = { transition, changes: all, context };",
    ],
  },
];

/** A leader sends its snapshot to every follower that it begins to probe. */
export const eagerSnapshots: readonly Edit[] = [
  {
    file: files.replication,
    find: "if (prevTerm === undefined) return maybeSendSnapshot(raft, pr);",
    replace: [
      "const probed = pr.match === 0 && log.firstIndex() > 1;",
      "  if (prevTerm === undefined || probed) return maybeSendSnapshot(raft, pr);",
    ],
  },
];

/** Snapshots are of a moment ago: a follower has their last entry, and knows of no commit. */
export const constantSnapshots: readonly Edit[] = [
  {
    file: files.profiles,
    find: "snapshotCount: 60,",
    replace: "snapshotCount: 3,",
  },
];

/** The host leaves it to raft to find out that a snapshot is not needed. */
export const everySnapshotIsStepped: readonly Edit[] = [
  {
    file: files.receiver,
    find: "if (index <= this.#node.basicStatus().hardState.commit) return true;",
    replace: "if (index < 0) return this.#node.basicStatus().hardState.commit < index;",
  },
  {
    file: files.receiver,
    find: "return raft.term(index) === term;",
    replace: "return raft.term(index) === -term;",
  },
];

/** Request ids are remembered for a few entries only. */
export const smallRequestWindow: readonly Edit[] = [
  {
    file: files.limits,
    find: "requestWindow: 10_000,",
    replace: "requestWindow: 30,",
  },
];

/** The store is compacted again and again, to where it is. */
export const constantCompactions: readonly Edit[] = [
  {
    file: files.compactor,
    find: "this.#random.exponential(this.#everyUs)",
    replace: "this.#random.exponential(this.#everyUs / 12)",
  },
  {
    file: files.compactor,
    find: "const revision = this.#front.revision - behind;",
    replace: "const revision = this.#front.revision - (behind % 3);",
  },
];

/** Each variant as something that must survive. */
export const controls: readonly Mutant[] = [
  {
    name: "joint-changes",
    about: "A promotion also removes another voter.",
    edits: jointChanges,
    profiles: ["membership", "everything"],
  },
  {
    name: "eager-snapshots",
    about: "Whoever is probed is sent a snapshot.",
    edits: eagerSnapshots,
    profiles: ["snapshots", "everything"],
  },
  {
    name: "every-snapshot-is-stepped",
    about: "Snapshots that are not needed are pulled all the same.",
    edits: [...constantSnapshots, ...eagerSnapshots, ...everySnapshotIsStepped],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "constant-compactions",
    about: "Hardly anything but the present is kept.",
    edits: constantCompactions,
    profiles: ["snapshots", "everything"],
  },
  {
    name: "small-request-window",
    about: "Most retries come too late for an answer.",
    edits: smallRequestWindow,
    profiles: ["lossy", "crashes"],
  },
];
