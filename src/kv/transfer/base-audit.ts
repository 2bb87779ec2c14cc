import type { Manifest } from "../../proto/generated/kv.ts";
import type { Base, RowPosition } from "../store/base.ts";
import { type HistoryEntry, type Row, rankOf } from "../store/version.ts";
import { Audit } from "./audit.ts";
import { belongs, entriesBetween } from "./exporter.ts";

/** What one step may read: about a few milliseconds' worth. */
const stepLooks = 256;
const stepBytes = 256 * 1_024;

/**
 * Reads a whole base, a step at a time, and holds it against a manifest of this member. Others may
 * write to the base meanwhile, and compact it as far as the manifest's snapshot is compacted. So a
 * step begins with rows that are there then: whether a row belongs to the snapshot is told by the
 * one after it, and what was read of both before may be of two different times.
 */
export class BaseAudit {
  readonly #base: Base;
  readonly #manifest: Manifest;
  readonly #audit: Audit;
  /** The last row that was looked at. */
  #after: RowPosition | undefined;
  /** Of the history, once all rows are done. */
  #entries: Generator<HistoryEntry> | undefined;
  /** Rows and entries looked at so far. */
  looks = 0;

  constructor(base: Base, manifest: Manifest) {
    this.#base = base;
    this.#manifest = manifest;
    this.#audit = new Audit(manifest);
  }

  /** True when all is read and is what the manifest says. Throws StorageDamagedError. */
  step(): boolean {
    return this.#entries === undefined ? this.#rows() : this.#history(this.#entries);
  }

  #rows(): false {
    const { revision, compactRevision } = this.#manifest;
    const end = this.looks + stepLooks;
    let bytes = 0;
    let held: Row | undefined;
    for (const row of this.#base.rowsAfter(this.#after, revision)) {
      if (held !== undefined) {
        bytes += this.#look(held, row);
        if (this.looks >= end || bytes >= stepBytes) return false;
      }
      held = row;
    }
    if (held !== undefined) this.#look(held, undefined);
    this.#audit.endRows();
    this.#entries = entriesBetween(this.#base, compactRevision + 1, revision);
    return false;
  }

  /** Returns the bytes that were read. A value that is stored apart is read while it is there. */
  #look(row: Row, next: Row | undefined): number {
    const { key, kv, second } = row;
    this.looks++;
    this.#after = { key, rank: rankOf(kv.modRevision, second) };
    if (!belongs(row, next, this.#manifest.compactRevision)) return kv.key.length;
    this.#audit.addRow(row);
    return kv.key.length + kv.value.length;
  }

  #history(entries: Generator<HistoryEntry>): boolean {
    const end = this.looks + stepLooks;
    let bytes = 0;
    while (this.looks < end && bytes < stepBytes) {
      const { done, value } = entries.next();
      if (done) {
        this.#audit.end();
        return true;
      }
      this.looks++;
      this.#audit.addEntry(value);
      bytes += value.key.length;
    }
    return false;
  }
}
