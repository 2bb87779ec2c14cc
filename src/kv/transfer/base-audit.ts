import type { Manifest } from "../../proto/generated/kv.ts";
import type { Base } from "../store/base.ts";
import type { Row } from "../store/version.ts";
import { Audit } from "./audit.ts";
import { belongs, entriesBetween } from "./exporter.ts";

/** What one step may read: about a few milliseconds' worth. */
const stepRows = 256;
const stepBytes = 256 * 1_024;

/**
 * Reads a whole base, a step at a time, and holds it against a manifest of this member. Others may
 * write to the base meanwhile, but nothing that the manifest's snapshot needs may be compacted.
 */
export class BaseAudit {
  readonly #walk: Generator<number>;
  /** Rows and entries read so far. */
  looks = 0;

  constructor(base: Base, manifest: Manifest) {
    this.#walk = walk(base, manifest);
  }

  /** True when all is read and is what the manifest says. Throws StorageDamagedError. */
  step(): boolean {
    let bytes = 0;
    for (let rows = 0; rows < stepRows && bytes < stepBytes; rows++) {
      const { done, value } = this.#walk.next();
      if (done) return true;
      this.looks++;
      bytes += value;
    }
    return false;
  }
}

/** Gives the bytes of each row or entry that it has read. */
function* walk(base: Base, manifest: Manifest): Generator<number> {
  const { revision, compactRevision } = manifest;
  const audit = new Audit(manifest);
  let held: Row | undefined;
  for (const row of base.rowsAfter(undefined, revision)) {
    if (held !== undefined) yield look(audit, held, row, compactRevision);
    held = row;
  }
  if (held !== undefined) yield look(audit, held, undefined, compactRevision);
  audit.endRows();
  for (const entry of entriesBetween(base, compactRevision + 1, revision)) {
    audit.addEntry(entry);
    yield entry.key.length;
  }
  audit.end();
}

/** A value that is stored apart is read here, while it is certain to be there. */
function look(audit: Audit, row: Row, next: Row | undefined, compactRevision: number): number {
  if (!belongs(row, next, compactRevision)) return row.kv.key.length;
  audit.addRow(row);
  return row.kv.key.length + row.kv.value.length;
}
