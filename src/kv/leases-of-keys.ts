import type { Store } from "./store/store.ts";
import type { Leases } from "./tables.ts";

const pageKeys = 1_000;

/** Attaches to every lease the keys whose newest version in the base has it. */
export function attachLeasedKeys(store: Store, leases: Leases): void {
  leases.clearKeys();
  if (leases.ids().length === 0) return;
  let after = "";
  for (;;) {
    const page = store.base.leased(after, store.persistedRevision, pageKeys);
    for (const { key, lease } of page) leases.attach(lease, key);
    const last = page.at(-1);
    if (last === undefined || page.length < pageKeys) return;
    after = last.key;
  }
}
