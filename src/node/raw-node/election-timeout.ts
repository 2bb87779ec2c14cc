import type { Random } from "../world/environment.ts";

/**
 * The ticks that a follower of a leader lets pass before it campaigns: from `electionTicks` to just
 * below twice that, as in etcd, but each voter draws from a part of that range which is its own.
 *
 * Were it the same range for all, those of a small cluster would often campaign at once, split the
 * vote, and need another timeout. A part begins a tick late and ends a tick early, for members do
 * not tick at the same moment: two that follow one leader stay at least a tick apart, and none
 * campaigns so early that others still hold the leader's lease. The leader needs no part: a member
 * that is the first of the others has the first. It is no privilege to come first: a candidate
 * whose log lacks something is refused by the pre-vote, which moves no other timeout.
 *
 * @param lead the leader that is followed.
 * @param voters ids of both halves of a joint configuration, ascending. A member that is not among
 *   them, and all where there are more of them than ticks, draw from the whole range.
 */
export function followerTimeoutTicks(
  id: number,
  lead: number,
  voters: readonly number[],
  electionTicks: number,
  random: Random,
): number {
  const rank = voters.filter((voter) => voter !== lead).indexOf(id);
  const part = Math.floor(electionTicks / voters.length);
  if (rank < 0 || part < 1) return electionTicks + random.below(electionTicks);
  const first = electionTicks + rank * part;
  return part === 1 ? first : first + 1 + random.below(part - 1);
}

/**
 * Sets the timeout of followers, once for each leader, term and configuration. That of candidates,
 * and of a member without a leader, stays raft's own: one that must campaign again draws from the
 * whole range, so that attempts that collided once soon do not (section 5.2 of the Raft paper).
 */
export class ElectionTimeout {
  readonly #id: number;
  readonly #electionTicks: number;
  readonly #random: Random;
  readonly #set: (ticks: number) => void;
  #drawnFor = "";

  constructor(
    id: number,
    electionTicks: number,
    random: Random,
    set: (randomizedElectionTimeout: number) => void,
  ) {
    this.#id = id;
    this.#electionTicks = electionTicks;
    this.#random = random;
    this.#set = set;
  }

  /** Before each tick. */
  follow(lead: number, term: number, voters: readonly number[]): void {
    const following = lead === 0 || lead === this.#id ? "" : `${lead}/${term}/${voters}`;
    if (following === this.#drawnFor) return;
    this.#drawnFor = following;
    if (following === "") return;
    this.#set(followerTimeoutTicks(this.#id, lead, voters, this.#electionTicks, this.#random));
  }
}
