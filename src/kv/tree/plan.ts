import type { BasePolicy } from "../../proto/generated/base.ts";
import type { Address } from "../../storage/blocks/address.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import type { Unit } from "../../storage/blocks/unit.ts";
import {
  bytesOfRun,
  type Manifest,
  type Run,
  type Tree,
  type TreeName,
  treeNames,
} from "./base-manifest.ts";
import { type KeySpan, KeySpans } from "./key-span.ts";

/** Units that become others, in one level. */
export interface Merge {
  readonly tree: TreeName;
  /** Runs of what is merged down, those with newer versions first; none where it is rewritten. */
  readonly upper: readonly Run[];
  /** Neighbours in the level `to` that it is merged with. */
  readonly lower: Run;
  /** The level, from 0 for level 1, that holds the outcome. */
  readonly to: number;
  /** The units go over as they are: none meets another, and each is large enough. */
  readonly moves: boolean;
  /** Whether point reads come to the outcome on their way to older entries. */
  readonly filtered: boolean;
}

/** A unit with less than one part in so many of the most it may hold is merged with neighbours. */
const smallPart = 2;
/** What is superseded or deleted is worth a merge from one part in so many of all. */
const garbagePart = 4;

/** Between two freezes the merges of a level read this part of level 1, and one merge more. */
const levelPart = 2;

/**
 * The merges that follow a manifest, by what it says and nothing else: every member chooses the
 * same. No unit is in two of them. All their outcomes come into the next manifest together.
 */
export function planMerges(manifest: Manifest, reader: BlockReader): readonly Merge[] {
  const spans = new KeySpans(reader);
  return treeNames.flatMap((name) => new TreePlan(manifest, name, spans).merges());
}

/** Whether all that is compacted is to be merged away, rather than what is in the way alone. */
export function isPressed({ policy, versions, storedBytes, pressed }: Manifest): boolean {
  const units = [...versions.young, ...versions.levels].flat();
  const taken = units.reduce((sum, { bytes, valueBytes }) => sum + bytes + valueBytes, 0);
  return pressed || taken > 2 * storedBytes + policy.garbageBytes;
}

class TreePlan {
  readonly #name: TreeName;
  readonly #tree: Tree;
  readonly #policy: BasePolicy;
  readonly #compaction: number;
  readonly #pressed: boolean;
  readonly #spans: KeySpans;
  readonly #taken = new Set<Address>();
  /** What merges write to: no other may write to the same level there. */
  readonly #claims: { readonly to: number; readonly span: KeySpan }[] = [];
  readonly #merges: Merge[] = [];
  /** What merges of the level in hand may still read: one more may begin while it is above 0. */
  #left = 0;

  constructor(manifest: Manifest, name: TreeName, spans: KeySpans) {
    this.#spans = spans;
    this.#name = name;
    this.#tree = manifest[name];
    this.#policy = manifest.policy;
    this.#compaction = manifest.compaction;
    this.#pressed = isPressed(manifest);
  }

  merges(): readonly Merge[] {
    const { young, levels } = this.#tree;
    const enough = this.#pressed ? 1 : this.#policy.youngRuns;
    if (young.length >= enough) this.#mergeDown(young, 0);
    for (let level = 0; level < levels.length; level++) {
      this.#left = Math.floor(this.#policy.levelBytes / levelPart);
      this.#relieve(level);
      if (this.#pressed) this.#clean(level);
    }
    return this.#merges;
  }

  #run(level: number): Run {
    return this.#tree.levels[level] ?? [];
  }

  /** The last level that holds anything; -1 where none does. */
  get #last(): number {
    return this.#tree.levels.findLastIndex((run) => run.length > 0);
  }

  /** Moves units of a level down that holds too much: a part of them, and those with least work. */
  #relieve(level: number): void {
    const run = this.#run(level);
    const { levelBytes, fanOut, youngRuns } = this.#policy;
    const most = this.#pressed && level < this.#last ? 0 : levelBytes * fanOut ** level;
    const excess = bytesOfRun(run) - most;
    if (excess <= 0) return;
    // As much as comes down until the young runs are merged again.
    let share = this.#pressed ? excess : Math.ceil(excess / Math.max(1, youngRuns - 1));
    for (const { units, bytes } of this.#byWork(level)) {
      if (share <= 0 || this.#left <= 0) return;
      if (this.#mergeDown([units], level + 1)) share -= bytes;
    }
  }

  /** What can move down from a level, those first that meet least below for their size. */
  #byWork(level: number) {
    const run = this.#run(level);
    const below = this.#run(level + 1);
    const choices = run.map((_, at) => {
      const units = this.#spans.inseparable(run, at);
      const work = bytesOfRun(below.slice(...this.#spans.meeting(below, this.#spans.of(units))));
      return { units, bytes: bytesOfRun(units), work, at };
    });
    return choices.sort((a, b) => a.work * b.bytes - b.work * a.bytes || a.at - b.at);
  }

  /** Rewrites units of which much may go, and moves deletions down to what they delete. */
  #clean(level: number): void {
    const run = this.#run(level);
    for (const [at, unit] of run.entries()) {
      if (this.#left <= 0) return;
      const superseded = this.#isWorth(unit.supersededBytes, unit.supersededUntil, unit);
      const deleted = this.#isWorth(unit.deletedBytes, unit.deletedUntil, unit);
      if (deleted && this.#meetsDeeper(level, unit)) {
        this.#mergeDown([this.#spans.inseparable(run, at)], level + 1);
      } else if (superseded || deleted) this.#add([], [unit], level, false);
    }
  }

  #isWorth(bytes: number, until: number, unit: Unit): boolean {
    const all = unit.bytes + unit.valueBytes;
    return bytes * garbagePart >= all && until <= this.#compaction;
  }

  #meetsDeeper(level: number, unit: Unit): boolean {
    return this.#tree.levels.slice(level + 1).some((run) => {
      const [from, end] = this.#spans.meeting(run, { first: unit, last: unit });
      return from < end;
    });
  }

  /** False where what it needs is in another merge. */
  #mergeDown(upper: readonly Run[], to: number): boolean {
    const units = upper.flat();
    const target = this.#run(to);
    let [from, end] = this.#spans.meeting(target, this.#spans.of(units));
    const moves =
      from === end && !units.some((unit) => this.#isSmall(unit)) && !this.#spans.anyMeet(units);
    if (!moves) {
      if (this.#isFreeAndSmall(target[from - 1])) from--;
      if (this.#isFreeAndSmall(target[end])) end++;
    }
    return this.#add(upper, target.slice(from, end), to, moves);
  }

  #isSmall(unit: Unit): boolean {
    return unit.blocks * smallPart < this.#policy.unitBlocks;
  }

  #isFreeAndSmall(unit: Unit | undefined): boolean {
    return unit !== undefined && this.#isSmall(unit) && !this.#taken.has(unit.address);
  }

  #add(upper: readonly Run[], lower: Run, to: number, moves: boolean): boolean {
    const units = [...upper.flat(), ...lower];
    const span = this.#spans.of(units);
    if (units.some(({ address }) => this.#taken.has(address))) return false;
    const claims = this.#claims.filter((claim) => claim.to === to);
    if (claims.some((claim) => this.#spans.meet(claim.span, span))) return false;
    for (const { address } of units) this.#taken.add(address);
    this.#claims.push({ to, span });
    if (upper !== this.#tree.young && !moves) this.#left -= bytesOfRun(units);
    const filtered = this.#name === "versions" && to < this.#last;
    this.#merges.push({ tree: this.#name, upper, lower, to, moves, filtered });
    return true;
  }
}
