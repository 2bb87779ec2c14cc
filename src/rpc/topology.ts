import { naturalOf } from "../proto/decimal.ts";

/** A member of the initial topology, the configuration of a new cluster. */
export interface TopologyMember {
  readonly id: number;
  /** One of the platform's location hints, or "" for where the first call comes from. */
  readonly locationHint: string;
}

export type Topology = readonly TopologyMember[];

const maxMembers = 9;
const clusterPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const locationHints = new Set([
  "",
  ...["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"],
]);

/** An invalid configuration; the message names the value, and what is allowed. */
export class TopologyError extends Error {
  override readonly name = "TopologyError";
}

/**
 * The topology in the deployment's variables: `members` is a count ("3"), `hints` a list of
 * location hints in the order of member ids ("weur,enam,apac"; missing ones are "").
 * @throws TopologyError
 */
export function parseTopology(members: string, hints: string): Topology {
  const count = naturalOf(members, maxMembers);
  if (count === undefined || count < 1) {
    throw new TopologyError(`MEMBERS is "${members}"; it must be 1 to ${maxMembers}`);
  }
  const list = hints.split(",").map((hint) => hint.trim());
  for (const hint of list) {
    if (!locationHints.has(hint)) throw new TopologyError(`"${hint}" is no location hint`);
  }
  return Array.from({ length: count }, (_, i) => ({ id: i + 1, locationHint: list[i] ?? "" }));
}

/** What `isClusterName` wants, for messages. */
export const clusterNameRule =
  "a name has 1 to 63 of a-z, 0-9 and -, and neither begins nor ends with -";

/** Whether `name` is a valid cluster name: it becomes part of hostnames and object names. */
export function isClusterName(name: string): boolean {
  return clusterPattern.test(name);
}

/** The name of the Durable Object that is member `id` of `cluster`. */
export function objectName(cluster: string, id: number): string {
  return `${cluster}/${id}`;
}

/** The inverse of `objectName`; undefined where `name` is no member's. */
export function parseObjectName(name: string): { cluster: string; id: number } | undefined {
  const slash = name.indexOf("/");
  const cluster = name.slice(0, slash);
  const id = Number(name.slice(slash + 1));
  if (slash < 0 || !isClusterName(cluster) || !Number.isSafeInteger(id) || id < 1) return undefined;
  return objectName(cluster, id) === name ? { cluster, id } : undefined;
}
