/**
 * etcd's checks before a membership change, with strict reconfiguration checks (its default):
 * server.go's mayAddMember, mayPromoteMember and mayRemoveMember, cluster.go's IsReadyTo*.
 */

import { errors, KvError } from "../../etcd/errors.ts";
import type { MemberRecord } from "../../proto/generated/kv.ts";

/** etcd: --max-learners. */
const MAX_LEARNERS = 1;
/**
 * The highest id of a member: more than will ever be added, and far below the largest safe
 * integer.
 */
export const maxMemberId = 2_147_483_647;

/** etcd: HealthInterval. */
const HEALTH_INTERVAL_MS = 5000;
/** etcd: readyPercentThreshold, of the leader's match. */
const LEARNER_READY_RATIO = 0.9;

const SCHEMES = new Set(["http", "https", "unix", "unixs"]);

/** What a leader knows of its cluster when it checks a change. */
export interface ClusterView {
  readonly members: readonly MemberRecord[];
  readonly removed: readonly number[];
  /** This member's id. */
  readonly leader: number;
  /** For how many ms a member has answered without a break; undefined while it is silent. */
  readonly activeForMs: (id: number) => number | undefined;
  /** The highest index at which a member's log is known to match; undefined without progress. */
  readonly match: (id: number) => number | undefined;
}

export interface AddedMember {
  readonly id: number;
  readonly peerURLs: readonly string[];
  readonly isLearner: boolean;
}

/**
 * The smallest id above all ids ever used: none is given out twice. If the highest allowed id is
 * taken, the smallest that was never used.
 */
export function nextMemberId(view: Pick<ClusterView, "members" | "removed">): number {
  const used = new Set([...view.members.map(({ ID }) => ID), ...view.removed]);
  const next = Math.max(0, ...used) + 1;
  if (next <= maxMemberId) return next;
  let free = 1;
  while (used.has(free)) free += 1;
  return free;
}

/** Throws KvError unless there is a URL and each is scheme://host:port and no more. */
export function checkPeerUrls(urls: readonly string[]): void {
  if (urls.length === 0 || !urls.every(isPeerUrl)) throw new KvError(errors.memberBadUrls);
}

/**
 * Throws KvError where a member may not be added: an invalid id, too few members started or
 * answering, an id or URL in use, too many learners. A removed id counts as in use for ever.
 */
export function checkAdd(view: ClusterView, added: AddedMember): void {
  if (!Number.isSafeInteger(added.id) || added.id < 1 || added.id > maxMemberId) {
    throw new KvError(errors.memberIdRange);
  }
  if (!added.isLearner) {
    const voters = votersOf(view);
    const started = voters.filter(isStarted).length;
    // A single member may grow to two, or a lost cluster could not be rebuilt from its last member.
    const alone = started === 1 && voters.length === 1;
    if (!alone && started < quorum(voters.length + 1)) {
      throw new KvError(errors.memberNotEnoughStarted);
    }
    if (activeCount(view, voters) < quorum(voters.length)) throw new KvError(errors.unhealthy);
  }
  const { members, removed } = view;
  if (removed.includes(added.id) || members.some(({ ID }) => ID === added.id)) {
    throw new KvError(errors.memberIdExists);
  }
  if (usesUrlOfOther(members, added.id, added.peerURLs)) throw new KvError(errors.peerUrlExists);
  const learners = members.filter(({ isLearner }) => isLearner).length;
  if (added.isLearner && learners >= MAX_LEARNERS) throw new KvError(errors.tooManyLearners);
}

/**
 * Throws KvError: no such member, no learner, silent or too far behind, not enough members started.
 * (etcd also promotes a silent one if its log was long enough when last seen.)
 */
export function checkPromote(view: ClusterView, id: number): void {
  const member = view.members.find(({ ID }) => ID === id);
  if (!member) throw new KvError(errors.memberNotFound);
  if (!member.isLearner) throw new KvError(errors.memberNotLearner);
  const inSync = (view.match(id) ?? 0) >= (view.match(view.leader) ?? 0) * LEARNER_READY_RATIO;
  if (!inSync || view.activeForMs(id) === undefined) throw new KvError(errors.learnerNotReady);
  const voters = votersOf(view);
  // The learner counts as started, since it has followed the log.
  const started = voters.filter(isStarted).length + 1;
  if (started < quorum(voters.length + 1)) throw new KvError(errors.memberNotEnoughStarted);
}

/**
 * Throws KvError where a member may not be removed: it is unknown, or the others could not go on
 * without it. A silent member may always be removed.
 */
export function checkRemove(view: ClusterView, id: number): void {
  const member = view.members.find(({ ID }) => ID === id);
  if (!member) throw new KvError(errors.memberNotFound);
  if (member.isLearner) return;
  const voters = votersOf(view);
  const others = voters.filter(({ ID }) => ID !== id);
  if (others.filter(isStarted).length < quorum(others.length)) {
    throw new KvError(errors.memberNotEnoughStarted);
  }
  if (id !== view.leader && view.activeForMs(id) === undefined) return;
  if (activeCount(view, voters) - 1 < quorum(others.length)) throw new KvError(errors.unhealthy);
}

/**
 * Throws KvError: no such member, or a URL in use by another. As in etcd, URLs are not validated.
 */
export function checkUpdate(
  view: Pick<ClusterView, "members">,
  id: number,
  peerURLs: readonly string[],
): void {
  if (!view.members.some(({ ID }) => ID === id)) throw new KvError(errors.memberNotFound);
  if (usesUrlOfOther(view.members, id, peerURLs)) throw new KvError(errors.peerUrlExists);
}

/** Whether one of the URLs belongs to a member that is not `id`. */
function usesUrlOfOther(
  members: readonly MemberRecord[],
  id: number,
  urls: readonly string[],
): boolean {
  const used = new Set(urls);
  return members.some(({ ID, peerURLs }) => ID !== id && peerURLs.some((url) => used.has(url)));
}

function isPeerUrl(text: string): boolean {
  const [, scheme = "", authority = ""] = /^([a-z]+):\/\/([^/?#\s]+)$/i.exec(text) ?? [];
  if (!SCHEMES.has(scheme.toLowerCase())) return false;
  return /^(\[[0-9a-f:.%]+\]|[^:[\]@]*):\d{1,5}$/i.test(authority);
}

function votersOf({ members }: ClusterView): readonly MemberRecord[] {
  return members.filter(({ isLearner }) => !isLearner);
}

/** Whether the member has ever run: its instance is known. */
function isStarted({ instanceId }: MemberRecord): boolean {
  return instanceId.length > 0;
}

/** How many members have answered for long enough, the leader included. */
function activeCount(view: ClusterView, members: readonly MemberRecord[]): number {
  const long = (id: number) => (view.activeForMs(id) ?? -1) >= HEALTH_INTERVAL_MS;
  return members.filter(({ ID }) => ID === view.leader || long(ID)).length;
}

function quorum(count: number): number {
  return Math.floor(count / 2) + 1;
}
