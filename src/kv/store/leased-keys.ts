import type { Lessor } from "../lease/lessor.ts";
import type { Store } from "./store.ts";

const firstPageKeys = 16;
const maxPageKeys = 1_024;
const pageBytes = 256 * 1_024;

/** Attaches to every lease the keys whose newest version in the base has it. */
export function attachLeasedKeys(store: Store, leases: Lessor): void {
  leases.clearKeys();
  if (leases.ids().length === 0) return;
  let after = "";
  let limit = firstPageKeys;
  for (;;) {
    const page = store.base.leased(after, store.persistedRevision, limit);
    let bytes = 0;
    for (const { key, lease, valueBytes } of page) {
      bytes += key.length;
      leases.attach(lease, key, valueBytes);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = last.key;
    const grown = bytes < pageBytes ? limit * 2 : limit >>> 1;
    limit = Math.max(1, Math.min(grown, maxPageKeys));
  }
}
