import type { SqlBinding, SqlValue } from "../../../../src/storage/sql.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import type { Prng } from "./random.ts";

/** How long commits of one object take, and how they fail. */
export class Disk {
  readonly #random: Prng;
  meanUs: number;
  /** Multiplies the time of every commit. */
  slowness = 1;
  /** That many of the next commits fail. */
  failing = 0;

  constructor(random: Prng, meanUs: number) {
    this.#random = random;
    this.meanUs = meanUs;
  }

  /** Most commits take about the mean; one in a hundred, many times that. */
  commitUs(): number {
    const tail = this.#random.chance(0.01) ? 20 : 1;
    return (
      Math.ceil((this.meanUs / 2 + this.#random.exponential(this.meanUs / 2)) * tail) *
      this.slowness
    );
  }

  takesFailure(): boolean {
    if (this.failing === 0) return false;
    this.failing -= 1;
    return true;
  }
}

/** A copy of all tables and rows, turns that are not durable included: they are in the copy. */
export function cloneDatabase(source: TurnDatabase): TurnDatabase {
  const copy = new TurnDatabase();
  const schema = source.sql.exec<{ name: string; sql: string; type: string }>(
    "SELECT name, sql, type FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
  );
  const objects = schema.toArray();
  for (const { sql } of objects) copy.sql.exec(sql);
  for (const { name, type } of objects) {
    if (type !== "table") continue;
    const rows = source.sql.exec(`SELECT * FROM "${name}"`);
    const places = rows.columnNames.map(() => "?").join(", ");
    for (const row of rows.raw()) {
      copy.sql.exec(`INSERT INTO "${name}" VALUES (${places})`, ...row.map(binding));
    }
  }
  copy.commit();
  return copy;
}

function binding(value: SqlValue): SqlBinding {
  return value;
}
