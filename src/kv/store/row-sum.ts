import { crc32c } from "../../storage/crc32c.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import type { SqlValue } from "../../storage/sql.ts";

/**
 * The sum of a base's row: CRC-32C over all columns, the key included, so that a row under a wrong
 * key is found too. Costs no row, and about a microsecond for a read of a kilobyte.
 *
 * Versions without sums wrote rows without one: they are trusted until the whole base is checked
 * against its fingerprint (audit.ts).
 */
export function rowSum(columns: readonly SqlColumn[]): number {
  let sum = 0;
  let at = 0;
  for (const value of columns) {
    if (value === null) {
      at = put(at, 0, 0);
    } else if (typeof value === "number") {
      at = put(at, 1, value);
    } else {
      const bytes = bytesOf(value);
      at = put(at, typeof value === "string" ? 2 : 3, bytes.length);
      sum = crc32c(bytes, crc32c(head.subarray(0, at), sum));
      at = 0;
    }
  }
  return at === 0 ? sum : crc32c(head.subarray(0, at), sum);
}

type SqlColumn = SqlValue | Uint8Array;

/** Throws StorageDamagedError where the last column is not the sum of the others. */
export function verifyRow(where: string, columns: readonly SqlValue[]): void {
  const stored = columns.at(-1);
  if (stored === null || stored === undefined) return;
  const sum = rowSum(columns.slice(0, -1));
  if (stored === sum) return;
  throw new StorageDamagedError(where, `the row's sum is ${sum}, ${String(stored)} is stored`);
}

const text = new TextEncoder();
/** Buffer for a row's numbers and the prefixes of its other columns. */
const head = new Uint8Array(9 * 16);
const view = new DataView(head.buffer);

function put(at: number, type: number, value: number): number {
  head[at] = type;
  view.setFloat64(at + 1, value);
  return at + 9;
}

function bytesOf(value: string | ArrayBuffer | Uint8Array): Uint8Array {
  if (typeof value === "string") return text.encode(value);
  return value instanceof Uint8Array ? value : new Uint8Array(value);
}
