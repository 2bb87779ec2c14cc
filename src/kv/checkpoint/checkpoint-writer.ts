import type { Slice } from "../store/slice.ts";
import type { Store } from "../store/store.ts";
import type { Row } from "../store/version.ts";

/**
 * Writes one checkpoint: moves the versions up to its frozen revision from the overlay to the base,
 * oldest first. Versions leave the overlay when their whole revision is in the base.
 */
export class CheckpointWriter {
  readonly revision: number;
  readonly #store: Store;
  /** Rows at the front of the overlay's queue that are in the base but not yet evicted. */
  #written = 0;
  #begun = false;
  #done = false;

  constructor(store: Store) {
    this.#store = store;
    this.revision = store.revision;
  }

  /** Whether every frozen row is known to be in the base. */
  get done(): boolean {
    return this.#done;
  }

  /** True when every frozen row is in the base. */
  writeSlice({ maxBytes, maxRows }: Slice): boolean {
    const { base, overlay, persistedRevision } = this.#store;
    if (!this.#begun) {
      // Left by a checkpoint that a crash cut short; this one writes them again.
      base.dropHistoryAbove(persistedRevision);
      this.#begun = true;
    }
    const rows: Row[] = [];
    let bytes = 0;
    for (let at = this.#written; rows.length < maxRows && bytes < maxBytes; at++) {
      const row = overlay.queue[at];
      if (row === undefined || row.kv.modRevision > this.revision) break;
      rows.push(row);
      bytes += row.kv.key.length + row.kv.value.length;
    }
    base.write(rows);
    this.#written += rows.length;
    this.#done = this.#evict();
    return this.#done;
  }

  /** Evicts written versions, except those of a revision that the next slice continues. */
  #evict(): boolean {
    const { base, overlay } = this.#store;
    const next = overlay.queue[this.#written]?.kv.modRevision;
    let whole = this.#written;
    while (whole > 0 && overlay.queue[whole - 1]?.kv.modRevision === next) whole--;
    const rows = overlay.queue.slice(0, whole);
    const last = rows.at(-1)?.kv.modRevision;
    if (last !== undefined) {
      base.appendHistory(
        rows.map(({ key, kv, second }) => ({ key, revision: kv.modRevision, second })),
      );
      this.#store.persisted(whole, last);
      this.#written -= whole;
    }
    return next === undefined || next > this.revision;
  }
}
