/**
 * Answers in the memory of one front: from before a member is asked until their clients have read
 * them. All of them together have a bound, of which one client may have as much as is still free;
 * who finds no room waits a little for it.
 */

import { errors } from "../../etcd/errors.ts";
import { Shares } from "../../kv/watch/shares.ts";
import type { Clock } from "./clock.ts";
import { ApiError } from "./error.ts";

/** Bytes of answers, as members give them, that one front holds for all its clients. */
export const maxHeldBytes = 33_554_432;
/** Requests that wait for room. */
export const maxRoomWaiters = 1_024;
const roomWaitMs = 2_000;
/** Milliseconds between the looks of one that waits: the first, and the longest. */
const lookMinMs = 4;
const lookMaxMs = 32;
/** Who has so many before it that are about to take room waits on: to look has a bound as well. */
const maxBefore = 32;
/** A waiter that has not looked for so long has most likely gone. */
const lateMs = 1_000;

const noRoom = () => ApiError.of(errors.tooManyAnswers);

/**
 * The platform may end a request without a word to the code that serves it: what it holds is
 * believed as long as something is heard of it.
 */
const deadMs = 120_000;

interface Waiter {
  readonly holding: Holding;
  readonly bytes: number;
}

export class Answers {
  readonly #shares = new Shares(maxHeldBytes);
  readonly #waiting = new Set<Waiter>();
  readonly #holders = new Set<Holding>();

  get bytes(): number {
    return this.#shares.used;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes room for a client. Throws ApiError where there is none within some seconds. Every request
   * looks for itself: one that the platform has ended takes nothing, and none is woken from within
   * another.
   */
  async take(holding: Holding, bytes: number, clock: Clock): Promise<void> {
    this.#holders.add(holding);
    if (this.#waiting.size === 0 && this.#shares.take(holding.from, bytes)) return;
    this.#forgetDead(clock.now());
    if (this.#waiting.size >= maxRoomWaiters) throw noRoom();
    const waiter: Waiter = { holding, bytes };
    const untilMs = clock.now() + roomWaitMs;
    this.#waiting.add(waiter);
    try {
      for (let pauseMs = lookMinMs; ; pauseMs = Math.min(2 * pauseMs, lookMaxMs)) {
        const leftMs = untilMs - clock.now();
        if (leftMs <= 0) throw noRoom();
        await holding.pause(Math.min(pauseMs, leftMs));
        holding.beat();
        if (this.#takeInTurn(waiter, clock.now())) return;
      }
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  give(holding: Holding, bytes: number, last: boolean): void {
    this.#shares.release(holding.from, bytes);
    if (last) this.#holders.delete(holding);
  }

  /**
   * Takes what is left beside what those who came before are about to take. A request for more than
   * there is holds up no other.
   */
  #takeInTurn({ holding, bytes }: Waiter, nowMs: number): boolean {
    const before: Waiter[] = [];
    for (const other of this.#waiting) {
      if (other.holding === holding) break;
      if (before.length === maxBefore) return false;
      if (nowMs - other.holding.seenMs >= lateMs) continue;
      if (this.#shares.take(other.holding.from, other.bytes)) before.push(other);
    }
    const taken = this.#shares.take(holding.from, bytes);
    for (const other of before) this.#shares.release(other.holding.from, other.bytes);
    return taken;
  }

  #forgetDead(nowMs: number): void {
    const isDead = (seenMs: number) => nowMs - seenMs > deadMs;
    for (const waiter of this.#waiting) {
      if (isDead(waiter.holding.seenMs)) this.#waiting.delete(waiter);
    }
    for (const holding of this.#holders) if (isDead(holding.seenMs)) holding.forget();
  }
}

/** What one request holds of it. */
export class Holding {
  readonly from: string;
  readonly #answers: Answers;
  readonly #clock: Clock;
  /** Everything that was taken and not given back. */
  #taken = 0;
  /** Of that, of the newest answer, and of what was kept of those before. */
  #newest = 0;
  #kept = 0;
  #largest = 0;
  #ended = false;
  #stays = false;
  #seenMs: number;

  constructor(answers: Answers, from: string, clock: Clock) {
    this.#answers = answers;
    this.from = from;
    this.#clock = clock;
    this.#seenMs = clock.now();
  }

  /** When its request was last known to live. */
  get seenMs(): number {
    return this.#seenMs;
  }

  /** Its request lives. */
  beat(): void {
    this.#seenMs = this.#clock.now();
  }

  /** Bytes that are expected of an answer of which more may come: what was needed before. */
  usual(most: number, usual: number): number {
    return Math.min(most, Math.max(usual, this.#largest));
  }

  /** Resolves after so many milliseconds. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.#clock.after(ms, resolve));
  }

  /** Takes room. Throws ApiError where there is none for some seconds. */
  async reserve(bytes: number): Promise<void> {
    this.beat();
    await this.#answers.take(this, bytes, this.#clock);
    this.#taken += bytes;
  }

  give(bytes: number): void {
    // A holder that was taken for dead has given back everything.
    const given = Math.min(bytes, this.#taken);
    this.#taken -= given;
    this.#answers.give(this, given, this.#taken === 0);
  }

  /** An answer of so many bytes has come for what was reserved: the one before is used up. */
  came(reserved: number, bytes: number): void {
    const held = this.#ended ? 0 : Math.min(bytes, reserved);
    this.#largest = Math.max(this.#largest, reserved);
    this.give(reserved - held + this.#newest);
    this.#newest = held;
  }

  /**
   * So much of what has come stays when the next answer comes. Throws ApiError where there is no
   * room for it.
   */
  async keep(bytes: number): Promise<void> {
    this.give(this.#newest);
    this.#newest = 0;
    await this.reserve(bytes);
    if (this.#ended) this.give(bytes);
    else this.#kept += bytes;
  }

  /** So much of what was kept is on its way. */
  sent(bytes: number): void {
    const sent = Math.min(bytes, this.#kept);
    this.#kept -= sent;
    this.give(sent);
  }

  /** A body is being sent, and releases it in the end. */
  staysHeld(): void {
    this.#stays = true;
  }

  /** The request has its response. */
  responded(): void {
    if (!this.#stays) this.release();
  }

  /** The client has the answer, or has gone. */
  release(): void {
    this.#ended = true;
    this.give(this.#newest + this.#kept);
    this.#newest = 0;
    this.#kept = 0;
  }

  /** The request is taken for dead. */
  forget(): void {
    this.release();
    this.give(this.#taken);
  }
}
