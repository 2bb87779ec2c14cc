import { byteString } from "../../kv/keys/key-range.ts";
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { type JointConfig, VoteResult } from "../../raft/index.ts";

/** What the leader must still see before it gives a read's index away. */
interface Arrival {
  /** Rows begun when the read arrived: one with a higher number was written after it. */
  readonly row: number;
  /** Heartbeat contexts made when the read arrived: later ones were sent after it. */
  readonly round: number;
}

interface Held extends Arrival {
  release(): void;
}

const maxArrivals = 8_192;
const maxContexts = 256;

/**
 * Delays a read index until this leader is proven not to be a superseded instance. Raft counts the
 * leader itself at once; but a superseded instance of the leader is no leader, and only its storage
 * or its peers can say so. So an index goes out when
 *  - a row that was begun after the read arrived is durable: only the live instance can commit, or
 *  - a majority (in a joint configuration: both) without the leader has answered a heartbeat that
 *    was sent after the read arrived.
 */
export class Confirmation {
  readonly #self: number;
  #rowsBegun = 0;
  #rowsDurable = 0;
  #rounds = 0;
  /** Ordinals of raft's heartbeat contexts, oldest first. */
  readonly #contexts = new Map<string, number>();
  /** The newest round that each peer has answered. */
  readonly #answered = new Map<number, number>();
  readonly #arrivals = new Map<string, Arrival>();
  #held: Held[] = [];

  constructor(self: number) {
    this.#self = self;
  }

  /** Whether some read may need to know which rows are durable. */
  get waiting(): boolean {
    return this.#held.length > 0 || this.#arrivals.size > 0;
  }

  get rowsBegun(): number {
    return this.#rowsBegun;
  }

  /** A read with this context arrives; called before raft hears of it. */
  arrived(context: Uint8Array): void {
    const key = byteString(context);
    // The first arrival counts for nothing once the read is asked for again: later is safer.
    this.#arrivals.delete(key);
    this.#arrivals.set(key, { row: this.#rowsBegun, round: this.#rounds });
    this.#trim(this.#arrivals, maxArrivals);
  }

  /** A follower asks this leader; called before raft hears of it. */
  asked({ type, entries }: Message): void {
    const [request] = entries;
    if (type === MessageType.MsgReadIndex && request !== undefined) this.arrived(request.data);
  }

  /** A heartbeat with this context is sent; the same context again is no new round. */
  sent(context: Uint8Array): void {
    const key = byteString(context);
    if (this.#contexts.has(key)) return;
    this.#rounds += 1;
    this.#contexts.set(key, this.#rounds);
    this.#trim(this.#contexts, maxContexts);
  }

  /** The live instance of a peer has answered it. */
  answered(peer: number, context: Uint8Array, voters: JointConfig): void {
    const round = this.#contexts.get(byteString(context)) ?? 0;
    if (round <= (this.#answered.get(peer) ?? 0)) return;
    this.#answered.set(peer, round);
    this.#releaseWhere((held) => this.#majority(held.round, voters));
  }

  /** A row that fences is written in this turn (a WAL row, or one made for it). */
  rowBegun(): void {
    this.#rowsBegun += 1;
  }

  /** Every row up to this number is durable. */
  rowDurable(row: number): void {
    if (row <= this.#rowsDurable) return;
    this.#rowsDurable = row;
    this.#releaseWhere((held) => this.#rowsDurable > held.row);
  }

  /** Raft gives the read's index away: `release` runs as soon as that may be believed. */
  hold(context: Uint8Array, voters: JointConfig, release: () => void): void {
    const key = byteString(context);
    const arrival = this.#arrivals.get(key) ?? { row: this.#rowsBegun, round: this.#rounds };
    this.#arrivals.delete(key);
    if (this.#rowsDurable > arrival.row || this.#majority(arrival.round, voters)) release();
    else this.#held.push({ ...arrival, release });
  }

  /** Whether some read waits for a row and none was begun for it. */
  get needsRow(): boolean {
    return this.#held.some(({ row }) => row >= this.#rowsBegun);
  }

  /** This node leads no longer: its clients and followers ask the next leader. */
  reset(): void {
    this.#held = [];
    this.#arrivals.clear();
    this.#contexts.clear();
    this.#answered.clear();
  }

  #majority(round: number, voters: JointConfig): boolean {
    const vote = (id: number) => id !== this.#self && (this.#answered.get(id) ?? 0) > round;
    return voters.voteResult(vote) === VoteResult.VoteWon;
  }

  #releaseWhere(believed: (held: Held) => boolean): void {
    const released = this.#held.filter(believed);
    if (released.length === 0) return;
    this.#held = this.#held.filter((held) => !released.includes(held));
    for (const { release } of released) release();
  }

  #trim(map: Map<string, unknown>, bound: number): void {
    for (const key of map.keys()) {
      if (map.size <= bound) return;
      map.delete(key);
    }
  }
}
