import type { StatementSync } from "node:sqlite";

/** What a statement writes to, as SQLite's authorizer tells while it is prepared. */
export interface WritePlan {
  kind: "read" | "insert" | "update" | "delete" | "schema";
  table: string;
  /** Columns that an UPDATE sets. */
  readonly columns: Set<string>;
  /** What a change of the schema bills. */
  rows: number;
  /** Index entries that one written row brings, once known. */
  entries?: number;
}

/**
 * The rows that the platform bills for a statement that changed so many: one for each, one for each
 * entry put into a secondary index (a TEXT PRIMARY KEY of a rowid table is one), and one for
 * AUTOINCREMENT. An upsert is taken for an insert: only with secondary indexes would it differ.
 */
export function billedRows(prepare: Prepare, plan: WritePlan, changes: number): number {
  if (changes === 0 || plan.kind === "delete") return changes;
  plan.entries ??= entriesPerRow(prepare, plan);
  return changes * (1 + plan.entries);
}

type Prepare = (query: string) => StatementSync;

interface IndexRow {
  readonly name: string;
  readonly origin: string;
}

function entriesPerRow(prepare: Prepare, plan: WritePlan): number {
  const table = prepare(
    "SELECT sql, (SELECT wr FROM pragma_table_list(?1)) AS wr FROM sqlite_master WHERE name = ?1",
  ).get(plan.table);
  const { sql, wr } = { ...table };
  const indexes = prepare("SELECT name, origin FROM pragma_index_list(?)").all(
    plan.table,
  ) as unknown as IndexRow[];
  const secondary = indexes.filter(({ origin }) => origin !== "pk" || wr !== 1);
  if (plan.kind === "insert") {
    return secondary.length + (/\bAUTOINCREMENT\b/i.test(String(sql)) ? 1 : 0);
  }
  return secondary.filter(({ name }) => touches(prepare, name, plan.columns)).length;
}

function touches(prepare: Prepare, index: string, columns: ReadonlySet<string>): boolean {
  const rows = prepare("SELECT name FROM pragma_index_info(?)").all(index);
  return rows.some(({ name }) => name === null || columns.has(String(name)));
}
