import type { BasePolicy } from "../../proto/generated/base.ts";
import { codecVersion } from "../../storage/blocks/block-format.ts";
import type { Shape } from "../../storage/blocks/unit-writer.ts";

/** What plan.ts chooses and keep.ts drops. A change of either is a new version. */
const mergeVersion = 1;
/** The hash of key-filter.ts. */
const hashVersion = 1;

/** A manifest of a policy that this code does not have: it must not be merged, nor read. */
export class UnknownPolicyError extends Error {
  override readonly name = "UnknownPolicyError";
}

/** For a state of up to some gigabytes. Bytes, where a name says so. */
export const defaultPolicy: BasePolicy = {
  codecVersion,
  mergeVersion,
  hashVersion,
  freezeEntries: 10_000,
  freezeBytes: 3_000_000,
  partBytes: 4_096,
  blockBytes: 131_072,
  unitBlocks: 32,
  filterBitsPerKey: 10,
  inlineValueBytes: 32_768,
  youngRuns: 4,
  levelBytes: 96_000_000,
  fanOut: 8,
  garbageBytes: 64_000_000,
};

/** Throws UnknownPolicyError where this code would lay a base out in another way. */
export function checkPolicy(policy: BasePolicy): void {
  const versions = [policy.codecVersion, policy.mergeVersion, policy.hashVersion];
  const known = [codecVersion, mergeVersion, hashVersion];
  if (versions.some((version, i) => version !== known[i])) {
    throw new UnknownPolicyError(`versions ${versions.join(" ")}, known are ${known.join(" ")}`);
  }
  const { filterBitsPerKey, garbageBytes, ...sizes } = policy;
  const nothing = Object.entries(sizes).find(([, size]) => size === 0);
  if (nothing !== undefined) throw new UnknownPolicyError(`${nothing[0]} is 0`);
}

/** @param filtered whether point reads come to these units on their way to older ones. */
export function shapeOf(policy: BasePolicy, filtered: boolean): Shape {
  const { partBytes, blockBytes, unitBlocks } = policy;
  const filterBitsPerKey = filtered ? policy.filterBitsPerKey : 0;
  return { partBytes, blockBytes, unitBlocks, filterBitsPerKey };
}
