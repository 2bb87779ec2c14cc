import { files } from "./files.ts";
import type { Edit, Mutant } from "./mutant.ts";

const sumsUnchecked: Edit = {
  file: files.rowSum,
  find: "if (stored === sum) return;",
  replace: "if (stored === sum || sum >= 0) return;",
};

const basesUnchecked: Edit = {
  file: files.audit,
  find: "if (this.#live.sum.equals(wanted) && this.#keys === keyCount) return;",
  replace: "if (keyCount >= 0) return;",
};

/** Once a base is damaged no other member is harmed, so that it must come before all else. */
const oftenDamaged: Edit = {
  file: files.profiles,
  find: '"damaged-base": rate(40),',
  replace: '"damaged-base": rate(4),',
};

/** Known-bad variants of how damage is found and named. */
export const damageMutants: readonly Mutant[] = [
  {
    name: "damaged-rows-believed",
    about: "A base is believed as it is: neither a row's sum nor the sum over all rows is checked.",
    edits: [sumsUnchecked, basesUnchecked, oftenDamaged],
    profiles: ["slow-disk"],
  },
  {
    name: "row-sum-unchecked",
    about: "A row that was changed is served, until the whole base is looked at.",
    edits: [sumsUnchecked],
    profiles: [],
    test: files.clusterTest,
  },
  {
    name: "base-sum-unchecked",
    about: "A row that is gone is not missed.",
    edits: [basesUnchecked],
    profiles: [],
    test: files.sweepTest,
  },
  {
    name: "history-unbalanced",
    about: "Old versions and history are not held against each other.",
    edits: [
      {
        file: files.audit,
        find: "if (this.#balance.equals(new Word128())) return;",
        replace: "if (this.#keys >= 0) return;",
      },
      {
        file: files.audit,
        find: "if (!follows(kv, isFirst ? undefined :",
        replace: "if (this.#keys < 0 && !follows(kv, isFirst ? undefined :",
      },
    ],
    profiles: [],
    test: files.sweepTest,
  },
  {
    name: "fingerprints-not-compared",
    about: "Members that differ are not found out.",
    edits: [
      {
        file: files.comparison,
        find: "if (index === undefined) continue;",
        replace: "if (index === undefined || index >= 0) continue;",
      },
    ],
    profiles: [],
    test: files.clusterTest,
  },
  {
    name: "leader-is-always-right",
    about: "Where members differ, the leader's state is taken for the right one.",
    edits: [
      {
        file: files.comparison,
        find: ".length >= quorum);",
        replace: ".length > 0 * quorum);",
      },
    ],
    profiles: [],
    test: files.clusterTest,
  },
  {
    name: "identity-sum-unchecked",
    about: "Whatever stands in a member's identity is believed.",
    edits: [
      {
        file: files.identity,
        find: 'sum !== this.#sum(sum.split(" ").slice(1))',
        replace: 'sum === this.#sum(sum.split(" ").slice(1)) && sum === ""',
      },
    ],
    profiles: [],
    test: files.sweepTest,
  },
];
