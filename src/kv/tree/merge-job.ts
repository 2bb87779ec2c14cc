import type { Address } from "../../storage/blocks/address.ts";
import { BlockReader } from "../../storage/blocks/block-reader.ts";
import type { BlockTable } from "../../storage/blocks/block-table.ts";
import type { Position } from "../../storage/blocks/entry.ts";
import type { Unit } from "../../storage/blocks/unit.ts";
import { UnitWriter } from "../../storage/blocks/unit-writer.ts";
import { bytesOfRun, type Manifest, type Run } from "./base-manifest.ts";
import { Keeper } from "./keeper.ts";
import { KeySpans } from "./key-span.ts";
import { MergedCursor } from "./merged-cursor.ts";
import type { Merge } from "./plan.ts";
import { shapeOf } from "./policy.ts";
import { RunWriter } from "./run-writer.ts";

interface Running {
  readonly input: MergedCursor;
  readonly run: RunWriter;
}

/**
 * Does one merge, in slices. What it writes depends on the merge and its manifest alone, however it
 * is sliced and wherever it is broken off: it goes on after the last unit that was finished.
 */
export class MergeJob {
  readonly merge: Merge;
  readonly #manifest: Manifest;
  // Merges read everything once: nothing of it is worth keeping.
  readonly #reader: BlockReader;
  readonly #spans: KeySpans;
  readonly #table: BlockTable;
  readonly #output: Unit[];
  /** Nothing is read before the first step. */
  #running: Running | undefined;
  #done: boolean;
  #left: number;

  /** @param output units that were finished before the merge was broken off. */
  constructor(merge: Merge, manifest: Manifest, table: BlockTable, output: readonly Unit[]) {
    this.merge = merge;
    this.#manifest = manifest;
    this.#reader = new BlockReader(table, 0);
    this.#spans = new KeySpans(this.#reader);
    this.#table = table;
    this.#left = bytesOfRun([...merge.upper.flat(), ...merge.lower]);
    this.#output = merge.moves ? this.#spans.sorted(merge.upper.flat()) : [...output];
    this.#done = merge.moves;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Bytes that are yet to be read, about: what the work is paced by. */
  get left(): number {
    return this.#done ? 0 : Math.max(0, this.#left);
  }

  /** Units that are finished; where it is done, its outcome. */
  get output(): readonly Unit[] {
    return this.#output;
  }

  /** Blocks that are written for the unit that is not finished. */
  get pending(): readonly Address[] {
    return this.#running?.run.pending ?? [];
  }

  /** Goes on for about so many bytes of entries. Returns how many they were. */
  step(bytes: number): number {
    let spent = 0;
    if (this.#done) return spent;
    this.#running ??= this.#begin();
    const { input, run } = this.#running;
    for (; spent < bytes; input.next()) {
      const entry = input.head;
      if (entry === undefined) {
        run.finish();
        this.#running = undefined;
        this.#done = true;
        break;
      }
      spent += run.add(entry);
    }
    this.#left -= spent;
    return spent;
  }

  #begin(): Running {
    const { merge } = this;
    const { policy, compaction } = this.#manifest;
    const last = this.#output.at(-1);
    const after = last && endOf(this.#reader, last);
    const liesBelow = liesBelowOf(merge, this.#manifest, this.#spans);
    const keeper = new Keeper(merge.tree, compaction, liesBelow, after);
    const writer = new UnitWriter(this.#table, shapeOf(policy, merge.filtered));
    const input = new MergedCursor(this.#reader, [...merge.upper, merge.lower], false);
    if (after === undefined) input.begin();
    else input.seek(afterPosition(after));
    return { input, run: new RunWriter(keeper, writer, this.#output) };
  }
}

/** Whether older entries of a key may be in what is not merged, in this level or below it. */
function liesBelowOf(
  merge: Merge,
  manifest: Manifest,
  spans: KeySpans,
): (key: Uint8Array) => boolean {
  const { tree, upper, lower, to } = merge;
  const { levels } = manifest[tree];
  const merged = new Set([...upper.flat(), ...lower].map(({ address }) => address));
  const beside: Run = (levels[to] ?? []).filter(({ address }) => !merged.has(address));
  const runs = [beside, ...levels.slice(to + 1)].filter((run) => run.length > 0);
  return (key) => runs.some((run) => spans.covers(run, key));
}

function endOf(reader: BlockReader, unit: Unit): Position {
  const { lastKey, lastRank } = reader.index(unit.address).last;
  return { key: lastKey, rank: lastRank };
}

/** The next position that there is. */
function afterPosition({ key, rank }: Position): Position {
  if (rank > 0) return { key, rank: rank - 1 };
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return { key: next, rank: Number.MAX_SAFE_INTEGER };
}
