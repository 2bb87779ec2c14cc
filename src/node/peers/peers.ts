import type { Id64 } from "../../rpc/id64.ts";
import type { Envelope } from "./frame-codec.ts";

/** What the transport needs of the membership, from the applied state. */
export interface Roster {
  /** "" until the cluster is known. */
  readonly cluster: Id64;
  readonly memberId: number;
  readonly instance: Id64;
  /** The instance that the configuration records for a member; "" for none. */
  instanceOf(member: number): Id64;
  isRemoved(member: number): boolean;
  /** Whether this member belonged to that cluster before it was made a new one (force-new). */
  wasOf(cluster: Id64): boolean;
}

/** The answer to a removed member from those that know of its removal (etcd: 410 Gone). */
export function removalOf(member: number): string {
  return `member ${member} was removed`;
}

/**
 * Why an envelope is not for this member, or not from the member it names; "" where it is valid.
 *
 * A sender's instance must match only if one is recorded: a lagging member may not have applied the
 * change that added the sender.
 */
export function refusal(roster: Roster, envelope: Envelope): string {
  const { cluster, from, fromInstance, to, toInstance } = envelope;
  if (roster.cluster === "") return "this member belongs to no cluster";
  if (roster.wasOf(cluster)) return removalOf(from);
  if (cluster !== roster.cluster) return `cluster ${cluster} is not ${roster.cluster}`;
  if (to !== roster.memberId) return `for member ${to}, not ${roster.memberId}`;
  if (toInstance !== roster.instance) {
    return `for instance ${toInstance}, this member is ${roster.instance}`;
  }
  if (from === roster.memberId || !Number.isSafeInteger(from) || from < 1) {
    return `from member ${from}`;
  }
  if (roster.isRemoved(from)) return removalOf(from);
  const recorded = roster.instanceOf(from);
  if (recorded !== "" && recorded !== fromInstance) {
    return `member ${from} is instance ${recorded}, not ${fromInstance}`;
  }
  return fromInstance === "" ? `member ${from} names no instance` : "";
}
