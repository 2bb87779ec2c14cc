import { compareBytes } from "../../proto/bytes.ts";
import type { BasePolicy } from "../../proto/generated/base.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import type { Unit } from "../../storage/blocks/unit.ts";
import { rankOf } from "../store/version.ts";
import { type Manifest, type Run, type Tree, type TreeName, treeNames } from "./base-manifest.ts";
import { KeySpans } from "./key-span.ts";
import type { Merge } from "./plan.ts";

/** A merge and the units it came to. */
export interface Merged {
  readonly merge: Merge;
  readonly output: readonly Unit[];
}

/** What a freeze notes of the state beside its units. */
export interface FreezePoint {
  /** That of the entry after which the state was frozen. */
  readonly index: number;
  readonly revision: number;
  /** -1 on a store that was never compacted. */
  readonly compactRevision: number;
  /** Bytes of all versions that are not compacted, as the quota counts them. */
  readonly storedBytes: number;
  /** Whether all that is compacted shall go. */
  readonly pressed: boolean;
  /** Holds from here on. */
  readonly policy: BasePolicy;
}

/**
 * Whether the state is to be frozen now, in the turn that applied the entry at `index` and before
 * any other is applied.
 *
 * @param changedBytes what the changes since the last freeze weigh.
 */
export function isFreezeDue(last: Manifest, index: number, changedBytes: number): boolean {
  const { freezeEntries, freezeBytes } = last.policy;
  return index - last.index > freezeEntries || changedBytes > freezeBytes;
}

/** The manifest after a freeze: outcomes of merges in place of what was merged, and a young run. */
export function nextManifest(
  before: Manifest,
  point: FreezePoint,
  merged: readonly Merged[],
  young: Readonly<Record<TreeName, Run>>,
  reader: BlockReader,
): Manifest {
  const { index, revision, storedBytes, pressed, policy } = point;
  if (index <= before.index || revision < before.revision) {
    const text = `${index} and ${revision} after ${before.index} and ${before.revision}`;
    throw new Error(`a freeze at index and revision ${text}`);
  }
  const compaction = Math.max(0, point.compactRevision);
  const spans = new KeySpans(reader);
  const trees = Object.fromEntries(
    treeNames.map((name) => {
      const own = merged.filter(({ merge }) => merge.tree === name);
      return [name, nextTree(before[name], own, young[name], spans)];
    }),
  ) as Record<TreeName, Tree>;
  return {
    ...{ policy, index, revision, compaction, storedBytes, pressed },
    freezes: before.freezes + 1,
    ...trees,
    history: without(trees.history, rankOf(compaction, false)),
  };
}

function nextTree(tree: Tree, merged: readonly Merged[], run: Run, spans: KeySpans): Tree {
  const gone = (to: number) => {
    const upper = merged.filter(({ merge }) => merge.to === to).flatMap(({ merge }) => merge.upper);
    return new Set(upper.flat().map(({ address }) => address));
  };
  const rest = (from: Run, to: number): Run => {
    const upper = gone(to);
    return from.filter(({ address }) => !upper.has(address));
  };
  const young = [run, ...tree.young.map((old) => rest(old, 0))];
  const levels = tree.levels.map((level, at) => rest(level, at + 1));
  for (const { merge, output } of merged) {
    levels[merge.to] = replaced(levels[merge.to] ?? [], merge, output, spans);
  }
  for (const level of levels) checkOrder(level);
  const depth = levels.findLastIndex(({ length }) => length > 0) + 1;
  return { young: young.filter(({ length }) => length > 0), levels: levels.slice(0, depth) };
}

/** A level in which what was merged is replaced by what came of it. */
function replaced(level: Run, { lower }: Merge, output: readonly Unit[], spans: KeySpans): Run {
  const [first] = lower.length > 0 ? lower : output;
  if (first === undefined) return level;
  const at =
    lower.length > 0
      ? level.findIndex(({ address }) => address === first.address)
      : spans.placeIn(level, first);
  if (at < 0) throw new Error(`unit ${first.address} is not where it was merged`);
  return [...level.slice(0, at), ...output, ...level.slice(at + lower.length)];
}

/** Units that share a key may follow each other; none reaches into the next. */
function checkOrder(run: Run): void {
  for (const [i, unit] of run.entries()) {
    const before = run[i - 1];
    if (before === undefined || compareBytes(before.lastKey, unit.firstKey) <= 0) continue;
    throw new Error(`unit ${unit.address} begins before the end of ${before.address}`);
  }
}

/** Without the units that hold nothing of this rank or above it. */
function without({ young, levels }: Tree, rank: number): Tree {
  const rest = (run: Run): Run => run.filter(({ sums }) => sums.maxRank >= rank);
  return { young: young.map(rest).filter(({ length }) => length > 0), levels: levels.map(rest) };
}
