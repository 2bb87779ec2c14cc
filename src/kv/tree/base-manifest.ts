import { DecodeError } from "../../proto/errors.ts";
import { BaseManifest, type BasePolicy, BaseTree } from "../../proto/generated/base.ts";
import { decodeUnit, encodeUnit, type Unit } from "../../storage/blocks/unit.ts";
import { checkPolicy } from "./policy.ts";

/** The version of basepb.BaseManifest. */
const manifestFormat = 1;

/** Units in order, none of which reaches into another. */
export type Run = readonly Unit[];

/** A log-structured merge tree. */
export interface Tree {
  /** What freezes made, newest first: every key may be in each. */
  readonly young: readonly Run[];
  /** Level 1 and those below it: what a level has of a key is older than what is above it. */
  readonly levels: readonly Run[];
}

/** The trees that a base is: versions of keys, changes by revision, keys that hang on leases. */
export const treeNames = ["versions", "history", "leases"] as const;
export type TreeName = (typeof treeNames)[number];

export type Trees = Readonly<Record<TreeName, Tree>>;

/** All that a base is, by the addresses of its units. Equal on every member at one index. */
export interface Manifest extends Trees {
  readonly policy: BasePolicy;
  readonly freezes: number;
  readonly index: number;
  readonly revision: number;
  readonly compaction: number;
  readonly storedBytes: number;
  readonly pressed: boolean;
}

const noTree: Tree = { young: [], levels: [] };

/** A base with nothing in it. */
export function emptyManifest(policy: BasePolicy): Manifest {
  return {
    policy,
    freezes: 0,
    index: 0,
    revision: 1,
    compaction: 0,
    storedBytes: 0,
    pressed: false,
    versions: noTree,
    history: noTree,
    leases: noTree,
  };
}

export function encodeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const { versions, history, leases } = manifest;
  return BaseManifest.encode({
    ...manifest,
    format: manifestFormat,
    versions: encodeTree(versions),
    history: encodeTree(history),
    leases: encodeTree(leases),
  });
}

/** Throws DecodeError, and UnknownPolicyError for what newer code wrote. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const { format, policy, versions, history, leases, ...rest } = BaseManifest.decodeStrict(bytes);
  if (format !== manifestFormat || policy === undefined) {
    throw new DecodeError(`a manifest of format ${format}, ${manifestFormat} is known`);
  }
  checkPolicy(policy);
  const trees = {
    versions: decodeTree(versions),
    history: decodeTree(history),
    leases: decodeTree(leases),
  };
  return { ...rest, policy, ...trees };
}

function encodeTree({ young, levels }: Tree): BaseTree {
  const encode = (run: Run) => ({ units: run.map(encodeUnit) });
  return { young: young.map(encode), levels: levels.map(encode) };
}

function decodeTree(tree: BaseTree = BaseTree.create()): Tree {
  const decode = ({ units }: BaseTree["young"][number]): Run => units.map(decodeUnit);
  return { young: tree.young.map(decode), levels: tree.levels.map(decode) };
}

/** All units of a manifest, tree by tree. */
export function unitsOf(manifest: Manifest): readonly Unit[] {
  return treeNames.flatMap((name) => {
    const { young, levels } = manifest[name];
    return [...young, ...levels].flat();
  });
}

/** The runs of a tree that hold anything, those with newer versions first. */
export function runsOf({ young, levels }: Tree): readonly Run[] {
  return [...young, ...levels].filter((run) => run.length > 0);
}

/** Bytes of a run's data blocks: what a merge of it moves. */
export function bytesOfRun(run: Run): number {
  return run.reduce((sum, { bytes }) => sum + bytes, 0);
}
