// Generated from base.proto by `npm run proto`. Do not edit.
import { UnitRecord } from "./block.ts";
import { field as f, Message, noItems } from "../message.ts";

/**
 * What decides how the base is laid out. It is replicated: two members that differ in one of these
 * would write other blocks.
 */
export interface BasePolicy {
  /** Versions: of the blocks' formats, of what merges choose and drop, of the filters' hash. */
  readonly codecVersion: number;
  readonly mergeVersion: number;
  readonly hashVersion: number;
  /**
   * A freeze is due when more entries than this were applied since the last one, or when the changes
   * since then weigh more bytes than this.
   */
  readonly freezeEntries: number;
  readonly freezeBytes: number;
  readonly partBytes: number;
  readonly blockBytes: number;
  /** Data blocks of a unit, at most. */
  readonly unitBlocks: number;
  /** Of all levels but the last. */
  readonly filterBitsPerKey: number;
  /** A longer value is a block of its own. */
  readonly inlineValueBytes: number;
  /** Young runs are merged when there are so many. */
  readonly youngRuns: number;
  /** What level 1 holds; each level below holds fan_out times as much as the one above. */
  readonly levelBytes: number;
  readonly fanOut: number;
  /** What the base may take beyond twice what is stored, before all of it is merged down. */
  readonly garbageBytes: number;
}
export const BasePolicy: Message<BasePolicy> = new Message("BasePolicy", [
  f("codec_version", "codecVersion", 1, "uint32"),
  f("merge_version", "mergeVersion", 2, "uint32"),
  f("hash_version", "hashVersion", 3, "uint32"),
  f("freeze_entries", "freezeEntries", 4, "uint32"),
  f("freeze_bytes", "freezeBytes", 5, "uint32"),
  f("part_bytes", "partBytes", 6, "uint32"),
  f("block_bytes", "blockBytes", 7, "uint32"),
  f("unit_blocks", "unitBlocks", 8, "uint32"),
  f("filter_bits_per_key", "filterBitsPerKey", 9, "uint32"),
  f("inline_value_bytes", "inlineValueBytes", 10, "uint32"),
  f("young_runs", "youngRuns", 11, "uint32"),
  f("level_bytes", "levelBytes", 12, "uint64", { strict: true }),
  f("fan_out", "fanOut", 13, "uint32"),
  f("garbage_bytes", "garbageBytes", 14, "uint64", { strict: true }),
], () => ({
  codecVersion: 0,
  mergeVersion: 0,
  hashVersion: 0,
  freezeEntries: 0,
  freezeBytes: 0,
  partBytes: 0,
  blockBytes: 0,
  unitBlocks: 0,
  filterBitsPerKey: 0,
  inlineValueBytes: 0,
  youngRuns: 0,
  levelBytes: 0,
  fanOut: 0,
  garbageBytes: 0,
}));

/** Units in order, none of which reaches into another. */
export interface BaseRun {
  readonly units: readonly UnitRecord[];
}
export const BaseRun: Message<BaseRun> = new Message("BaseRun", [
  f("units", "units", 1, "message", { repeated: true, message: () => UnitRecord }),
], () => ({
  units: noItems,
}));

export interface BaseTree {
  /** What freezes made, newest first. */
  readonly young: readonly BaseRun[];
  /** Level 1 and those below it. */
  readonly levels: readonly BaseRun[];
}
export const BaseTree: Message<BaseTree> = new Message("BaseTree", [
  f("young", "young", 1, "message", { repeated: true, message: () => BaseRun }),
  f("levels", "levels", 2, "message", { repeated: true, message: () => BaseRun }),
], () => ({
  young: noItems,
  levels: noItems,
}));

export interface BaseManifest {
  /** Version of this format; 1. */
  readonly format: number;
  readonly policy: BasePolicy | undefined;
  /** How many freezes there were, and the last one's applied index. */
  readonly freezes: number;
  readonly index: number;
  /** Everything up to this revision is in the base. */
  readonly revision: number;
  /** The revision whose compaction the merges of this manifest follow; 0 for none. */
  readonly compaction: number;
  /** Bytes of all versions that are not compacted, as the quota counts them. */
  readonly storedBytes: number;
  /** Somebody asked for all that is compacted to go. */
  readonly pressed: boolean;
  readonly versions: BaseTree | undefined;
  readonly history: BaseTree | undefined;
  readonly leases: BaseTree | undefined;
}
export const BaseManifest: Message<BaseManifest> = new Message("BaseManifest", [
  f("format", "format", 1, "uint32"),
  f("policy", "policy", 2, "message", { message: () => BasePolicy }),
  f("freezes", "freezes", 3, "uint64", { strict: true }),
  f("index", "index", 4, "uint64", { strict: true }),
  f("revision", "revision", 5, "uint64", { strict: true }),
  f("compaction", "compaction", 6, "uint64", { strict: true }),
  f("stored_bytes", "storedBytes", 7, "uint64", { strict: true }),
  f("pressed", "pressed", 8, "bool"),
  f("versions", "versions", 9, "message", { message: () => BaseTree }),
  f("history", "history", 10, "message", { message: () => BaseTree }),
  f("leases", "leases", 11, "message", { message: () => BaseTree }),
], () => ({
  format: 0,
  policy: undefined,
  freezes: 0,
  index: 0,
  revision: 0,
  compaction: 0,
  storedBytes: 0,
  pressed: false,
  versions: undefined,
  history: undefined,
  leases: undefined,
}));

/** What was done of a merge when this was written. */
export interface MergeProgress {
  readonly units: readonly UnitRecord[];
}
export const MergeProgress: Message<MergeProgress> = new Message("MergeProgress", [
  f("units", "units", 1, "message", { repeated: true, message: () => UnitRecord }),
], () => ({
  units: noItems,
}));
