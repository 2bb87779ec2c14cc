import type { Step } from "../step.ts";
import { authentication } from "./auth.ts";
import { clusterServices } from "./cluster.ts";
import { compaction, newStore } from "./compaction.ts";
import { http } from "./http.ts";
import { kv } from "./kv.ts";
import { leaseServices } from "./lease.ts";
import { transactions } from "./txn.ts";
import { watches } from "./watch.ts";

/** The script, in its order: it begins with an empty store. */
export const script: readonly Step[] = [
  ...newStore,
  ...kv,
  ...transactions,
  ...compaction,
  ...watches,
  ...leaseServices,
  ...clusterServices,
  ...http,
  ...authentication,
].flatMap((section) => section.steps);

const names = new Set<string>();
for (const { name } of script) {
  if (names.has(name)) throw new Error(`two steps are called ${name}`);
  names.add(name);
}
