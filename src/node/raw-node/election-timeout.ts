import type { Random } from "../world/environment.ts";

/**
 * The ticks that a follower waits for its leader before it campaigns: from `electionTicks` to just
 * below twice that, as in etcd, but each voter draws from a part of that range of its own.
 *
 * With one range for all, members of a small cluster would often campaign together, split the vote
 * and need another timeout. A part begins a tick late and ends a tick early, since members do not
 * tick in step: two followers stay at least a tick apart, and none campaigns while others still
 * hold the leader's lease. The leader has no part. The first part is no privilege: a candidate with
 * an incomplete log loses the pre-vote, which moves no other timeout.
 * @param lead the leader that is followed.
 * @param voters ids of both halves of a joint configuration, ascending. A member that is not among
 * them, and all members if there are more voters than ticks, draw from the whole range.
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
 * Sets the timeout of followers, once for each leader, term and configuration. Raft draws that of
 * candidates, and of members without a leader, from the whole range, so that attempts that collided
 * do not soon collide again (Raft paper, section 5.2).
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

  /** Called before each tick. */
  follow(lead: number, term: number, voters: readonly number[]): void {
    const following = lead === 0 || lead === this.#id ? "" : `${lead}/${term}/${voters}`;
    if (following === this.#drawnFor) return;
    this.#drawnFor = following;
    if (following === "") return;
    this.#set(followerTimeoutTicks(this.#id, lead, voters, this.#electionTicks, this.#random));
  }
}
