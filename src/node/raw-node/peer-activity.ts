/**
 * Since when each peer has answered without a break, in ticks (etcd's transport: ActiveSince). A
 * break is a silence of more than an election timeout while this member leads. A new leader has
 * seen no breaks, so a peer that answers it counts as always active.
 */
export class PeerActivity {
  readonly #electionTicks: number;
  readonly #heard = new Map<number, { readonly last: number; readonly since: number }>();
  #ledSince = 0;

  constructor(electionTicks: number) {
    this.#electionTicks = electionTicks;
  }

  /** Called when this member becomes leader. */
  leading(tick: number): void {
    this.#ledSince = tick;
    for (const [peer, { last }] of this.#heard) this.#heard.set(peer, { last, since: -Infinity });
  }

  heard(peer: number, tick: number): void {
    const { last = 0, since = -Infinity } = this.#heard.get(peer) ?? {};
    const broke = tick - Math.max(last, this.#ledSince) > this.#electionTicks;
    this.#heard.set(peer, { last: tick, since: broke ? tick : since });
  }

  /**
   * For how many ticks a peer has been active; Infinity without a known break, undefined while it
   * is silent.
   */
  activeForTicks(peer: number, tick: number): number | undefined {
    const found = this.#heard.get(peer);
    if (found === undefined || tick - found.last > this.#electionTicks) return undefined;
    return tick - found.since;
  }

  /** Whether a peer was heard of after that tick. */
  heardAfter(peer: number, tick: number): boolean {
    return (this.#heard.get(peer)?.last ?? -Infinity) > tick;
  }

  /** Whether a peer that was not heard of may still be there. */
  tooEarlyToTell(tick: number): boolean {
    return tick - this.#ledSince <= this.#electionTicks;
  }
}
