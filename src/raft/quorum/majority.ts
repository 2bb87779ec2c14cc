import { type Ids, idsOf, idsText } from "./ids.ts";
import { type AckedIndexer, type VoteLookup, VoteResult } from "./quorum.ts";

/** A set of voters that decides by majority. Immutable. Source: etcd's quorum/majority.go. */
export class MajorityConfig {
  static readonly empty = new MajorityConfig([]);

  /** Sorted ascending, without duplicates. */
  readonly ids: Ids;
  /** A buffer for committedIndex, which runs for every acknowledgement and must not allocate. */
  readonly #acked: number[];

  private constructor(ids: Ids) {
    this.ids = ids;
    this.#acked = ids.map(() => 0);
  }

  static of(ids: Iterable<number>): MajorityConfig {
    const sorted = idsOf(ids);
    return sorted.length === 0 ? MajorityConfig.empty : new MajorityConfig(sorted);
  }

  get size(): number {
    return this.ids.length;
  }

  has(id: number): boolean {
    return this.ids.includes(id);
  }

  /**
   * The highest index that a majority has acknowledged. Infinity for the empty configuration, which
   * as a half of a joint one then changes nothing.
   */
  committedIndex(ackedIndex: AckedIndexer): number {
    const ids = this.ids;
    const n = ids.length;
    if (n === 0) return Number.POSITIVE_INFINITY;
    const sorted = this.#acked;
    for (let i = 0; i < n; i++) {
      // Insertion sort: fastest for three to seven numbers, and needs no comparator.
      const acked = ackedIndex(ids[i] as number) ?? 0;
      let at = i;
      while (at > 0 && (sorted[at - 1] as number) > acked) {
        sorted[at] = sorted[at - 1] as number;
        at--;
      }
      sorted[at] = acked;
    }
    // The q-th highest index is acknowledged by a majority of q = n/2 + 1.
    return sorted[n - (Math.floor(n / 2) + 1)] as number;
  }

  /** Won for the empty configuration, which as a half of a joint one then changes nothing. */
  voteResult(vote: VoteLookup): VoteResult {
    const n = this.ids.length;
    if (n === 0) return VoteResult.VoteWon;
    let granted = 0;
    let missing = 0;
    for (const id of this.ids) {
      const answer = vote(id);
      if (answer === undefined) missing++;
      else if (answer) granted++;
    }
    const quorum = Math.floor(n / 2) + 1;
    if (granted >= quorum) return VoteResult.VoteWon;
    return granted + missing >= quorum ? VoteResult.VotePending : VoteResult.VoteLost;
  }

  /** A picture of each voter's acknowledged index, one a line: more `x` for a higher index. */
  describe(ackedIndex: AckedIndexer): string {
    const n = this.ids.length;
    if (n === 0) return "<empty majority quorum>";
    const acks = this.ids.map((id) => ackedIndex(id));
    const lines = this.ids.map((id, i) => {
      const acked = acks[i];
      const behind = acks.filter((other) => (other ?? 0) < (acked ?? 0)).length;
      const bar = `${"x".repeat(behind)}>${" ".repeat(n - behind)}`;
      const mark = acked === undefined ? `?${" ".repeat(n)}` : bar;
      return `${mark} ${String(acked ?? 0).padStart(5)}    (id=${id})\n`;
    });
    return `${" ".repeat(n)}    idx\n${lines.join("")}`;
  }

  toString(): string {
    return idsText(this.ids);
  }
}
