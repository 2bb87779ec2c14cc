import { sameBytes } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { MergeProgress } from "../../proto/generated/base.ts";
import type { BlockTable } from "../../storage/blocks/block-table.ts";
import { decodeUnit, encodeUnit, type Unit } from "../../storage/blocks/unit.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { Sql } from "../../storage/sql.ts";

/**
 * How far the merges of a manifest are, so that a restart need not begin them anew: a row for each,
 * with the units that it has finished. What is not as it was written is forgotten, and done again.
 */
export class ProgressTable {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS block_progress (merge INTEGER PRIMARY KEY,
       manifest BLOB NOT NULL, units BLOB NOT NULL, sum INTEGER NOT NULL)`,
    );
  }

  /** @param manifest what the merge follows from: 20 bytes of its hash. */
  write(merge: number, manifest: Uint8Array, units: readonly Unit[]): void {
    const bytes = MergeProgress.encode({ units: units.map(encodeUnit) });
    this.#sql.exec(
      "INSERT OR REPLACE INTO block_progress (merge, manifest, units, sum) VALUES (?, ?, ?, ?)",
      merge,
      manifest,
      bytes,
      sumOf(merge, manifest, bytes),
    );
  }

  /** The units that a merge of this manifest has finished, all of which are there. */
  read(merge: number, manifest: Uint8Array, table: BlockTable): readonly Unit[] {
    const query = "SELECT manifest, units, sum FROM block_progress WHERE merge = ?";
    const [row] = this.#sql.exec(query, merge).raw();
    const [of, bytes, sum] = row ?? [];
    if (!(of instanceof ArrayBuffer && bytes instanceof ArrayBuffer)) return [];
    const written = new Uint8Array(bytes);
    if (!sameBytes(new Uint8Array(of), manifest)) return [];
    if (sumOf(merge, manifest, written) !== sum) return [];
    const units = decoded(written);
    return units.every(({ address }) => table.has(address)) ? units : [];
  }

  /** Forgets what other manifests' merges have finished: it may be swept. */
  forgetOthers(manifest: Uint8Array): void {
    this.#sql.exec("DELETE FROM block_progress WHERE manifest <> ?", manifest);
  }
}

function decoded(bytes: Uint8Array): readonly Unit[] {
  try {
    return MergeProgress.decodeStrict(bytes).units.map(decodeUnit);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

function sumOf(merge: number, manifest: Uint8Array, units: Uint8Array): number {
  return crc32c(units, crc32c(manifest, merge));
}
