/**
 * What this isolate has learned of a cluster from its members' answers. Only hints: a wrong one
 * costs another call, a right one saves it.
 */
import type { Header, MemberRecord } from "../../rpc/messages.ts";

export class ClusterView {
  #clusterId = 0n;
  #leader = 0;
  #term = 0;
  #appliedIndex = 0;
  #exists = false;
  readonly #initial: readonly number[];
  #members: readonly number[];
  /** Members whose last call failed, oldest failure first: they are asked last. */
  readonly #suspects = new Set<number>();

  /** `initial`: the members that the deployment's topology names. */
  constructor(initial: readonly number[]) {
    this.#initial = initial;
    this.#members = initial;
  }

  get initialMembers(): number {
    return this.#initial.length;
  }

  /** The member that founds the cluster. */
  get founder(): number {
    return Math.min(...this.#initial);
  }

  /** The highest applied index seen; 0 before any. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** The highest term seen. A client would take a lower one for a stale member's and leave it. */
  get term(): number {
    return this.#term;
  }

  /** The last known leader; 0 for none. */
  get leader(): number {
    return this.#leader;
  }

  /** Whether a member belongs to a cluster: then the cluster exists for good. */
  get exists(): boolean {
    return this.#exists;
  }

  learn(header: Header): void {
    if (header.clusterId !== 0n) this.#exists = true;
    // A member that does not run (term 0) answers with old values.
    if (header.raftTerm > 0) this.#follow(header.clusterId);
    this.#appliedIndex = Math.max(this.#appliedIndex, header.appliedIndex);
    if (header.raftTerm > this.#term) {
      this.#term = header.raftTerm;
      this.#leader = 0;
    }
    if (header.raftTerm === this.#term && header.leader !== 0) {
      this.#leader = header.leader;
      if (header.leader === header.memberId) this.#suspects.delete(header.leader);
    }
    this.#suspects.delete(header.memberId);
  }

  /** Forgets what was learned of an earlier cluster of the same name. */
  #follow(clusterId: bigint): void {
    if (clusterId === 0n || clusterId === this.#clusterId) return;
    if (this.#clusterId !== 0n) {
      this.#leader = 0;
      this.#term = 0;
      this.#appliedIndex = 0;
      this.#members = this.#initial;
    }
    this.#clusterId = clusterId;
  }

  learnMembers(members: readonly MemberRecord[]): void {
    if (members.length > 0) this.#members = members.map(({ id }) => id);
  }

  /** Notes that a call to the member failed, or that it knows no leader. */
  suspect(member: number): void {
    this.#suspects.delete(member);
    this.#suspects.add(member);
    if (this.#leader === member) this.#leader = 0;
  }

  /** All known members: the leader first, those that failed last. */
  candidates(): readonly number[] {
    const rest = this.#ordered().filter((id) => id !== this.#leader);
    return this.#leader === 0 ? rest : [this.#leader, ...rest];
  }

  /**
   * All known members for a request that any can answer: begins with a random one of those that did
   * not fail.
   */
  spread(random: number): readonly number[] {
    const ordered = this.#ordered();
    const trusted = ordered.filter((id) => !this.#suspects.has(id));
    const start = trusted.length === 0 ? 0 : random % trusted.length;
    const suspects = ordered.filter((id) => this.#suspects.has(id));
    return [...trusted.slice(start), ...trusted.slice(0, start), ...suspects];
  }

  #ordered(): readonly number[] {
    const known = new Set([...this.#members, ...this.#initial]);
    const trusted = [...known].filter((id) => !this.#suspects.has(id));
    return [...trusted, ...[...this.#suspects].filter((id) => known.has(id))];
  }
}
