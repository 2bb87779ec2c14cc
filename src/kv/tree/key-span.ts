import { compareBytes } from "../../proto/bytes.ts";
import { cutKey, type Unit } from "../../storage/blocks/unit.ts";
import type { Run } from "./base-manifest.ts";

/**
 * All keys from one to another, both included, by what records keep of keys: what seems to be
 * outside is outside, what seems to be within may be outside.
 */
export interface KeySpan {
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}

/** Of units, of which there is at least one. */
export function spanOf(units: readonly Unit[]): KeySpan {
  const [first] = units;
  if (first === undefined) throw new Error("the span of nothing");
  let { firstKey, lastKey } = first;
  for (const unit of units) {
    if (compareBytes(unit.firstKey, firstKey) < 0) firstKey = unit.firstKey;
    if (compareBytes(unit.lastKey, lastKey) > 0) lastKey = unit.lastKey;
  }
  return { firstKey, lastKey };
}

export function mayMeet(a: KeySpan, b: KeySpan): boolean {
  return compareBytes(a.lastKey, b.firstKey) >= 0 && compareBytes(b.lastKey, a.firstKey) >= 0;
}

/** The units of a run that a span may meet are those from the one to before the other. */
export function meeting(run: Run, span: KeySpan): readonly [from: number, end: number] {
  const from = partition(run, (unit) => compareBytes(unit.lastKey, span.firstKey) < 0);
  const end = partition(run, (unit) => compareBytes(unit.firstKey, span.lastKey) <= 0);
  return [from, Math.max(from, end)];
}

/** Whether a run may hold a key. */
export function mayHold(run: Run, key: Uint8Array): boolean {
  const cut = cutKey(key);
  const [from, end] = meeting(run, { firstKey: cut, lastKey: cut });
  return from < end;
}

/** How many units of a run, all at its beginning, this is true of. */
function partition(run: Run, isTrue: (unit: Unit) => boolean): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const unit = run[middle];
    if (unit !== undefined && isTrue(unit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
