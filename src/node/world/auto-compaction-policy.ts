import { naturalOf } from "../../proto/decimal.ts";

/** When a cluster compacts by itself. */
export type AutoCompactionPolicy =
  | { readonly mode: "off" }
  /** Compacts what is older than this. */
  | { readonly mode: "periodic"; readonly periodMs: number }
  /** Compacts all but the newest revisions; `retention` is how many are kept. */
  | { readonly mode: "revision"; readonly retention: number };

export const autoCompactionModes = ["periodic", "revision"] as const;
export type AutoCompactionMode = (typeof autoCompactionModes)[number];

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/**
 * The meaning of etcd's --auto-compaction-retention in a mode: a number of revisions, or of hours,
 * or a duration (`90m`, `1h30m`). Zero is off. Undefined where it is invalid.
 */
export function autoCompactionPolicy(
  mode: AutoCompactionMode,
  retention: string,
): AutoCompactionPolicy | undefined {
  const value = mode === "revision" ? naturalOf(retention) : periodOf(retention);
  if (value === undefined || !Number.isSafeInteger(value)) return undefined;
  if (value === 0) return { mode: "off" };
  return mode === "revision" ? { mode, retention: value } : { mode, periodMs: value };
}

/** Milliseconds, rounded up so that nothing is compacted early. */
function periodOf(text: string): number | undefined {
  const hours = naturalOf(text);
  if (hours !== undefined) return hours * 3_600_000;
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s)/g)) {
    sum += Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN);
  }
  return Math.ceil(sum);
}
