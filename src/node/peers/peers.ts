import type { Id64 } from "../../rpc/id64.ts";
import type { Envelope } from "./frame-codec.ts";

/** What the transport must know of the membership; the member answers from its applied state. */
export interface Roster {
  /** "" until the cluster is known. */
  readonly cluster: Id64;
  readonly memberId: number;
  readonly instance: Id64;
  /** The instance that the configuration records for a member; "" where none is. */
  instanceOf(member: number): Id64;
  isRemoved(member: number): boolean;
  /** Whether this member was once of that cluster, and left it behind with all its members. */
  wasOf(cluster: Id64): boolean;
}

/** What members that know of a removal answer to the removed one (etcd: 410 Gone). */
export function removalOf(member: number): string {
  return `member ${member} was removed`;
}

/**
 * Why an envelope is not for this member, or not from the member that it names; "" where it is.
 *
 * The sender's instance must match only where one is recorded: a member that lags may not have
 * applied the change that added the sender.
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
