/**
 * Since when each peer has been answering without a break, in ticks: what etcd's transport knows
 * as ActiveSince. A break is a silence of more than an election timeout, while this member led:
 * a new leader knows of none, so that a peer which answers it counts as having answered all along.
 */
export class PeerActivity {
  readonly #electionTicks: number;
  readonly #heard = new Map<number, { readonly last: number; readonly since: number }>();
  #ledSince = 0;

  constructor(electionTicks: number) {
    this.#electionTicks = electionTicks;
  }

  /** This member begins to lead. */
  leading(tick: number): void {
    this.#ledSince = tick;
    for (const [peer, { last }] of this.#heard) this.#heard.set(peer, { last, since: -Infinity });
  }

  heard(peer: number, tick: number): void {
    const { last = 0, since = -Infinity } = this.#heard.get(peer) ?? {};
    const broke = tick - Math.max(last, this.#ledSince) > this.#electionTicks;
    this.#heard.set(peer, { last: tick, since: broke ? tick : since });
  }

  /** For how many ticks; Infinity where no break is known, undefined while the peer is silent. */
  activeForTicks(peer: number, tick: number): number | undefined {
    const found = this.#heard.get(peer);
    if (found === undefined || tick - found.last > this.#electionTicks) return undefined;
    return tick - found.since;
  }

  /** Whether a peer that was not heard of yet may still turn out to be there. */
  tooEarlyToTell(tick: number): boolean {
    return tick - this.#ledSince <= this.#electionTicks;
  }
}
