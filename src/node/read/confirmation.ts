import { byteString } from "../../kv/keys/key-range.ts";
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { type JointConfig, VoteResult } from "../../raft/index.ts";

/** What a read's index must wait for on the leader. */
interface Arrival {
  /** Rows begun when the read arrived: one with a higher number is written after it. */
  readonly row: number;
  /** Heartbeat contexts made when the read arrived: later ones are sent after it. */
  readonly round: number;
}

interface Held extends Arrival {
  release(): void;
}

const maxArrivals = 8_192;
const maxContexts = 256;

/**
 * Delays a read index until this leader is proven not to be a superseded instance. Raft counts the
 * leader itself at once, but only storage or peers can show that it is live. An index is released
 * when
 * - a row begun after the read arrived is durable: only the live instance can commit, or
 * - a majority (in a joint configuration: both) without the leader has answered a heartbeat sent
 *   after the read arrived.
 */
export class Confirmation {
  readonly #self: number;
  #rowsBegun = 0;
  #rowsDurable = 0;
  #rounds = 0;
  /** Numbers of raft's heartbeat contexts, oldest first. */
  readonly #contexts = new Map<string, number>();
  /** The newest round that each peer has answered. */
  readonly #answered = new Map<number, number>();
  readonly #arrivals = new Map<string, Arrival>();
  #held: Held[] = [];

  constructor(self: number) {
    this.#self = self;
  }

  /** Whether a read may need to know which rows are durable. */
  get waiting(): boolean {
    return this.#held.length > 0 || this.#arrivals.size > 0;
  }

  get rowsBegun(): number {
    return this.#rowsBegun;
  }

  /** Notes a read with this context, before raft gets it. */
  arrived(context: Uint8Array): void {
    const key = byteString(context);
    // A repeated read counts from its latest arrival, which is the safer one.
    this.#arrivals.delete(key);
    this.#arrivals.set(key, { row: this.#rowsBegun, round: this.#rounds });
    this.#trim(this.#arrivals, maxArrivals);
  }

  /** Notes a follower's read, before raft gets it. */
  asked({ type, entries }: Message): void {
    const [request] = entries;
    if (type === MessageType.MsgReadIndex && request !== undefined) this.arrived(request.data);
  }

  /** Notes a sent heartbeat; the same context again is no new round. */
  sent(context: Uint8Array): void {
    const key = byteString(context);
    if (this.#contexts.has(key)) return;
    this.#rounds += 1;
    this.#contexts.set(key, this.#rounds);
    this.#trim(this.#contexts, maxContexts);
  }

  /** Notes that a peer's live instance has answered a heartbeat. */
  answered(peer: number, context: Uint8Array, voters: JointConfig): void {
    const round = this.#contexts.get(byteString(context)) ?? 0;
    if (round <= (this.#answered.get(peer) ?? 0)) return;
    this.#answered.set(peer, round);
    this.#releaseWhere((held) => this.#majority(held.round, voters));
  }

  /** Notes a row written in this turn (a WAL row, or a fence row). */
  rowBegun(): void {
    this.#rowsBegun += 1;
  }

  /** Notes that every row up to this number is durable. */
  rowDurable(row: number): void {
    if (row <= this.#rowsDurable) return;
    this.#rowsDurable = row;
    this.#releaseWhere((held) => this.#rowsDurable > held.row);
  }

  /** Holds a read's index from raft: `release` runs when this leader is proven live. */
  hold(context: Uint8Array, voters: JointConfig, release: () => void): void {
    const key = byteString(context);
    const arrival = this.#arrivals.get(key) ?? { row: this.#rowsBegun, round: this.#rounds };
    this.#arrivals.delete(key);
    if (this.#rowsDurable > arrival.row || this.#majority(arrival.round, voters)) release();
    else this.#held.push({ ...arrival, release });
  }

  /** Whether a read waits for a row and none was begun for it. */
  get needsRow(): boolean {
    return this.#held.some(({ row }) => row >= this.#rowsBegun);
  }

  /** Drops all reads when this member leads no longer: they are asked of the next leader. */
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
