/** What Durable Objects have left in their folder. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const pageBytes = 4_096;
/** The platform locks a database for a moment when it opens or closes it. */
const lockedMs = 5_000;

export interface StorageCount {
  /** Objects that were ever woken: the platform makes an empty database for each. */
  readonly woken: number;
  /** Those that wrote something. */
  readonly made: number;
  /** Alarms that are set. */
  readonly alarms: number;
  readonly bytes: number;
}

/** @param folder what the runtime was given for storage. */
export function countStorage(folder: string): StorageCount {
  const count = { woken: 0, made: 0, alarms: 0, bytes: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    count.bytes += bytesOf(path);
    if (!entry.name.endsWith(".sqlite")) continue;
    if (entry.name === "metadata.sqlite") {
      count.alarms += alarmsIn(path);
    } else {
      count.woken += 1;
      if (isWritten(path)) count.made += 1;
    }
  }
  return count;
}

/** 0 where it is gone by now. */
function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The platform's own tables do not count. */
function isWritten(path: string): boolean {
  // A table has a page of its own behind the first one: most need not be opened.
  if (bytesOf(path) <= pageBytes && bytesOf(`${path}-wal`) === 0) return false;
  const rows = ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'");
  return rows.some(({ name }) => !String(name).startsWith("_cf_"));
}

function alarmsIn(path: string): number {
  const named = "SELECT name FROM sqlite_master WHERE name = '_cf_ALARM'";
  if (ask(path, named).length === 0) return 0;
  return Number(ask(path, "SELECT count(*) AS n FROM _cf_ALARM")[0]?.n ?? 0);
}

function ask(path: string, sql: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: lockedMs });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
