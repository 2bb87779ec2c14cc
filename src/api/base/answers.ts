/**
 * Memory of one front for answers: from before a member is asked until the client has read them.
 * All answers share one bound, of which a client may have as much as is still free; a request that
 * finds no room waits for some seconds.
 */

import { errors } from "../../etcd/errors.ts";
import { Shares } from "../../kv/work/shares.ts";
import type { Clock } from "./clock.ts";
import { ApiError } from "./error.ts";

/** Bytes of answers, as members give them, that one front holds for all its clients. */
export const maxHeldBytes = 33_554_432;
/** Requests that may wait for room. */
export const maxRoomWaiters = 1_024;
const roomWaitMs = 2_000;
/** Milliseconds between two tries of a waiting request: at first, and at most. */
const lookMinMs = 4;
const lookMaxMs = 32;
/** Earlier requests that a try looks at; with more before it a request waits on. */
const maxBefore = 32;
/** Milliseconds without a try after which a waiting request has most likely ended. */
const lateMs = 1_000;

const noRoom = () => ApiError.of(errors.tooManyAnswers);

/**
 * Milliseconds of silence after which what a request holds no longer counts: the platform may end
 * it without telling its code.
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
   * Takes room for a client. Throws ApiError where there is none within some seconds. Every waiting
   * request tries by itself: one that the platform has ended takes nothing, and none is resumed
   * from within another.
   */
  async take(holding: Holding, bytes: number, clock: Clock): Promise<void> {
    if (this.tryTake(holding, bytes)) return;
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
        holding.touch();
        if (this.#takeInTurn(waiter, clock.now())) return;
      }
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  /** Takes room that is free at once; false where there is none. */
  tryTake(holding: Holding, bytes: number): boolean {
    this.#holders.add(holding);
    return this.#waiting.size === 0 && this.#shares.take(holding.from, bytes);
  }

  give(holding: Holding, bytes: number, last: boolean): void {
    this.#shares.release(holding.from, bytes);
    if (last) this.#holders.delete(holding);
  }

  /**
   * Takes room if there is enough beside what earlier requests are about to take. A request for
   * more than is free does not block others.
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

/** What one request holds of a front's memory for answers. */
export class Holding {
  readonly from: string;
  readonly #answers: Answers;
  readonly #clock: Clock;
  /** Bytes taken and not given back. */
  #taken = 0;
  /** The part of #taken for the newest answer, and for what was kept of earlier ones. */
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

  /** When the request was last known to live. */
  get seenMs(): number {
    return this.#seenMs;
  }

  /** Notes that the request lives. */
  touch(): void {
    this.#seenMs = this.#clock.now();
  }

  /**
   * Bytes to take for the next part of an answer: `usual`, or the most taken for a part so far
   * where that is more; never more than `most`.
   */
  expected(most: number, usual: number): number {
    return Math.min(most, Math.max(usual, this.#largest));
  }

  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.#clock.after(ms, resolve));
  }

  /** Takes room. Throws ApiError where there is none within some seconds. */
  async reserve(bytes: number): Promise<void> {
    this.touch();
    await this.#answers.take(this, bytes, this.#clock);
    this.#taken += bytes;
  }

  /** Takes room that is free at once; false where there is none. */
  tryReserve(bytes: number): boolean {
    if (!this.#answers.tryTake(this, bytes)) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    // A holder that was taken for dead has given everything back already.
    const given = Math.min(bytes, this.#taken);
    this.#taken -= given;
    this.#answers.give(this, given, this.#taken === 0);
  }

  /**
   * Notes an answer of `bytes` for which `reserved` were taken. Gives back the rest, and the bytes
   * of the answer before it.
   */
  recordAnswer(reserved: number, bytes: number): void {
    const held = this.#ended ? 0 : Math.min(bytes, reserved);
    this.#largest = Math.max(this.#largest, reserved);
    this.give(reserved - held + this.#newest);
    this.#newest = held;
  }

  /**
   * Keeps bytes of the answer while the next one comes. Throws ApiError where there is no room for
   * them.
   */
  async keep(bytes: number): Promise<void> {
    this.give(this.#newest);
    this.#newest = 0;
    await this.reserve(bytes);
    if (this.#ended) this.give(bytes);
    else this.#kept += bytes;
  }

  /** Gives back kept bytes that were sent. */
  releaseSent(bytes: number): void {
    const sent = Math.min(bytes, this.#kept);
    this.#kept -= sent;
    this.give(sent);
  }

  /** Notes that a body is being sent, which releases everything at its end. */
  holdUntilSent(): void {
    this.#stays = true;
  }

  /** Notes that the request has its response. */
  responded(): void {
    if (!this.#stays) this.release();
  }

  /** Gives everything back: the client has the answer, or has gone. */
  release(): void {
    this.#ended = true;
    this.give(this.#newest + this.#kept);
    this.#newest = 0;
    this.#kept = 0;
  }

  /** Gives everything back, since the request is taken for dead. */
  forget(): void {
    this.release();
    this.give(this.#taken);
  }
}
