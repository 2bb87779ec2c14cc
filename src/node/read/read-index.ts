import type { Reason } from "../../rpc/answers.ts";
import { readTimedOut, tooManyRequests } from "../../rpc/answers.ts";
import type { Random } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";

/** A client that waits until it may read this member's state. */
export interface Read {
  readonly deadlineTick: number;
  /** Called when the applied state has everything that was acknowledged before the read arrived. */
  ready(): void;
  failed(reason: Reason): void;
}

interface Round {
  readonly context: Uint8Array;
  readonly reads: Read[];
  sentTick: number;
}

interface Confirmed {
  readonly index: number;
  readonly reads: readonly Read[];
}

/**
 * Linearizable reads of this member's clients by ReadIndex (Raft thesis, 6.4). A read joins only a
 * round that is not sent yet, and all reads of a round share it. A context is a random number of
 * this instance and a counter, so that answers to an earlier instance are ignored.
 */
export class Reads {
  readonly #tuning: Tuning;
  readonly #incarnation: Uint8Array;
  /** Asks raft for a round's index. */
  readonly #readIndex: (context: Uint8Array) => void;
  #counter = 0;
  #gathered: Read[] = [];
  readonly #rounds = new Map<number, Round>();
  /** Confirmed rounds, ascending by index. */
  #confirmed: Confirmed[] = [];
  #tickCount = 0;
  #appliedIndex = 0;

  constructor(tuning: Tuning, random: Random, readIndex: (context: Uint8Array) => void) {
    this.#tuning = tuning;
    this.#incarnation = random.bytes(8);
    this.#readIndex = readIndex;
  }

  /** Reads that are not answered. */
  get pending(): number {
    let count = this.#gathered.length;
    for (const { reads } of this.#rounds.values()) count += reads.length;
    for (const { reads } of this.#confirmed) count += reads.length;
    return count;
  }

  get rounds(): number {
    return this.#rounds.size;
  }

  add(read: Read): void {
    if (this.pending >= this.#tuning.maxPendingReads) read.failed(tooManyRequests);
    else this.#gathered.push(read);
  }

  /** Sends the gathered round, unless too many are in flight. */
  flush(): void {
    if (this.#gathered.length === 0 || this.#rounds.size >= this.#tuning.maxReadRounds) return;
    this.#counter += 1;
    const round: Round = {
      context: this.#contextOf(this.#counter),
      reads: this.#gathered,
      sentTick: this.#tickCount,
    };
    this.#gathered = [];
    this.#rounds.set(this.#counter, round);
    this.#readIndex(round.context);
  }

  /** Takes raft's answer to a round. False where it is of another instance. */
  confirmed(context: Uint8Array, index: number): boolean {
    const counter = this.#counterOf(context);
    const round = counter === undefined ? undefined : this.#rounds.get(counter);
    if (counter === undefined || round === undefined) return false;
    this.#rounds.delete(counter);
    if (index <= this.#appliedIndex) for (const read of round.reads) read.ready();
    else {
      this.#confirmed.push({ index, reads: round.reads });
      this.#confirmed.sort((a, b) => a.index - b.index);
    }
    return true;
  }

  /** Answers reads up to the applied index. True where one was answered. */
  applied(index: number): boolean {
    this.#appliedIndex = index;
    let count = 0;
    for (const confirmed of this.#confirmed) {
      if (confirmed.index > index) break;
      count += 1;
    }
    for (const { reads } of this.#confirmed.splice(0, count)) {
      for (const read of reads) read.ready();
    }
    return count > 0;
  }

  /** Fails reads that waited too long, and repeats unanswered rounds. */
  tick(now: number): void {
    this.#tickCount = now;
    const alive = (reads: readonly Read[]) =>
      reads.filter(({ deadlineTick }) => deadlineTick > now);
    const late = (reads: readonly Read[]) =>
      reads.filter(({ deadlineTick }) => deadlineTick <= now);
    const lost = late(this.#gathered);
    this.#gathered = alive(this.#gathered);
    for (const [counter, round] of this.#rounds) {
      lost.push(...late(round.reads));
      const rest = alive(round.reads);
      round.reads.splice(0, round.reads.length, ...rest);
      if (rest.length === 0) this.#rounds.delete(counter);
      else this.#retry(round);
    }
    this.#confirmed = this.#confirmed
      .map(({ index, reads }) => {
        lost.push(...late(reads));
        return { index, reads: alive(reads) };
      })
      .filter(({ reads }) => reads.length > 0);
    for (const read of lost) read.failed(readTimedOut);
  }

  close(reason: Reason): void {
    const all = [
      ...this.#gathered,
      ...[...this.#rounds.values()].flatMap(({ reads }) => reads),
      ...this.#confirmed.flatMap(({ reads }) => reads),
    ];
    this.#gathered = [];
    this.#rounds.clear();
    this.#confirmed = [];
    for (const read of all) read.failed(reason);
  }

  #retry(round: Round): void {
    const waited = (this.#tickCount - round.sentTick) * this.#tuning.tickMs;
    if (waited < this.#tuning.readRetryMs) return;
    round.sentTick = this.#tickCount;
    this.#readIndex(round.context);
  }

  #contextOf(counter: number): Uint8Array {
    const context = new Uint8Array(16);
    context.set(this.#incarnation);
    new DataView(context.buffer).setBigUint64(8, BigInt(counter));
    return context;
  }

  #counterOf(context: Uint8Array): number | undefined {
    if (context.length !== 16) return undefined;
    if (!this.#incarnation.every((byte, i) => context[i] === byte)) return undefined;
    return Number(new DataView(context.buffer, context.byteOffset).getBigUint64(8));
  }
}
