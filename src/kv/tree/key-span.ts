import { compareBytes } from "../../proto/bytes.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import { cutKey, fenceKeyBytes, type Unit } from "../../storage/blocks/unit.ts";
import { partitionPoint } from "../../storage/partition-point.ts";
import type { Run } from "./base-manifest.ts";

/** All keys from the first of one unit to the last of another. */
export interface KeySpan {
  readonly first: Unit;
  readonly last: Unit;
}

/** A key as a manifest has it, and how to know all of it. */
interface Edge {
  readonly cut: Uint8Array;
  whole(): Uint8Array;
}

/**
 * Which units of a manifest reach into which. By the keys in their records, and where those are cut
 * and alike, by the units' indexes: so that long keys with one beginning are told apart as well.
 */
export class KeySpans {
  readonly #reader: BlockReader;

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  /** Of units, of which there is at least one. */
  of(units: readonly Unit[]): KeySpan {
    const [one] = units;
    if (one === undefined) throw new Error("the span of nothing");
    let [first, last] = [one, one];
    for (const unit of units) {
      if (compareEdges(this.#firstOf(unit), this.#firstOf(first)) < 0) first = unit;
      if (compareEdges(this.#lastOf(unit), this.#lastOf(last)) > 0) last = unit;
    }
    return { first, last };
  }

  /** Whether they have a key in common, or one stands between keys of the other. */
  meet(a: KeySpan, b: KeySpan): boolean {
    return !this.#isBefore(a.last, b.first) && !this.#isBefore(b.last, a.first);
  }

  /** Whether any two of the units meet. */
  anyMeet(units: readonly Unit[]): boolean {
    const spans = units.map((unit) => ({ first: unit, last: unit }));
    return spans.some((a, i) => spans.slice(i + 1).some((b) => this.meet(a, b)));
  }

  /** The units of a run that meet a span are those from the one to before the other. */
  meeting(run: Run, { first, last }: KeySpan): readonly [from: number, end: number] {
    const from = partitionPoint(run, (unit) => this.#isBefore(unit, first));
    return [
      from,
      Math.max(
        from,
        partitionPoint(run, (unit) => !this.#isBefore(last, unit)),
      ),
    ];
  }

  /** Whether a key is in the span of a unit of the run. */
  covers(run: Run, key: Uint8Array): boolean {
    const edge = { cut: cutKey(key), whole: () => key };
    const unit = run[partitionPoint(run, (each) => compareEdges(this.#lastOf(each), edge) < 0)];
    return unit !== undefined && compareEdges(this.#firstOf(unit), edge) <= 0;
  }

  /** Where in a run a unit belongs that meets none of it. */
  placeIn(run: Run, unit: Unit): number {
    return partitionPoint(run, (each) => this.#isBefore(each, unit));
  }

  /** Units of which no two meet, in order. */
  sorted(units: readonly Unit[]): Unit[] {
    const run: Unit[] = [];
    for (const unit of units) run.splice(this.placeIn(run, unit), 0, unit);
    return run;
  }

  /**
   * A unit with those after it that go on with its last key: what is newer of a key must not come
   * to lie below what is older.
   */
  inseparable(run: Run, at: number): Run {
    let end = at + 1;
    for (let unit = run[at]; unit !== undefined; unit = run[end++]) {
      const next = run[end];
      if (next === undefined || this.#isBefore(unit, next)) break;
    }
    return run.slice(at, end);
  }

  /** Whether all keys of the one are below all keys of the other. */
  #isBefore(a: Unit, b: Unit): boolean {
    return compareEdges(this.#lastOf(a), this.#firstOf(b)) < 0;
  }

  #firstOf({ address, firstKey }: Unit): Edge {
    return { cut: firstKey, whole: () => this.#reader.index(address).firstKey };
  }

  #lastOf({ address, lastKey }: Unit): Edge {
    return { cut: lastKey, whole: () => this.#reader.index(address).last.lastKey };
  }
}

function compareEdges(a: Edge, b: Edge): number {
  const order = compareBytes(a.cut, b.cut);
  return order !== 0 || a.cut.length < fenceKeyBytes ? order : compareBytes(a.whole(), b.whole());
}
