/**
 * Answers in the memory of one front: from before a member is asked until their clients have read
 * them. All of them together have a bound, of which one client may have as much as is still free;
 * who finds no room waits a little for it.
 */
import { errors } from "../kv/errors.ts";
import { Shares } from "../kv/watch/shares.ts";
import { GrpcCode } from "../proto/grpc-code.ts";
import type { Clock } from "./cluster/client.ts";
import { ApiError } from "./status.ts";

/** Bytes of answers, as members give them, that one front holds for all its clients. */
export const maxHeldBytes = 33_554_432;
/** Bytes of what one answer is sorted in: half of it, as the first client may have. */
export const maxSortedBytes = 16_777_216;
/** Requests that wait for room. */
export const maxRoomWaiters = 1_024;
const roomWaitMs = 2_000;

export const tooManyAnswers = "etcdserver: too many bytes of answers wait for their clients";
const noRoom = () => new ApiError(GrpcCode.ResourceExhausted, tooManyAnswers);

interface Waiter {
  readonly from: string;
  readonly bytes: number;
  readonly admitted: () => void;
}

export class Answers {
  readonly #shares = new Shares(maxHeldBytes);
  readonly #waiting = new Set<Waiter>();

  get bytes(): number {
    return this.#shares.used;
  }

  /** Takes room for a client. Throws ApiError where there is none for a while. */
  async take(from: string, bytes: number, clock: Clock): Promise<void> {
    if (this.#waiting.size === 0 && this.#shares.take(from, bytes)) return;
    if (this.#waiting.size >= maxRoomWaiters) throw noRoom();
    await new Promise<void>((resolve, reject) => {
      const admitted = () => {
        cancel();
        resolve();
      };
      const waiter: Waiter = { from, bytes, admitted };
      this.#waiting.add(waiter);
      const cancel = clock.after(roomWaitMs, () => {
        this.#waiting.delete(waiter);
        reject(noRoom());
      });
      this.#admit();
    });
  }

  give(from: string, bytes: number): void {
    this.#shares.release(from, bytes);
    if (this.#waiting.size > 0) this.#admit();
  }

  /** In the order in which they came; who asks for more than there is holds nobody up. */
  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#shares.take(waiter.from, waiter.bytes)) continue;
      this.#waiting.delete(waiter);
      waiter.admitted();
    }
  }
}

/** What one request holds of it. */
export class Holding {
  readonly #answers: Answers;
  readonly #from: string;
  readonly #clock: Clock;
  /** Of the newest answer, and of what was kept of those before. */
  #newest = 0;
  #kept = 0;
  #largest = 0;
  #ended = false;
  #stays = false;

  constructor(answers: Answers, from: string, clock: Clock) {
    this.#answers = answers;
    this.#from = from;
    this.#clock = clock;
  }

  /** Bytes that are expected of an answer of which more may come: what was needed before. */
  usual(most: number, usual: number): number {
    return Math.min(most, Math.max(usual, this.#largest));
  }

  /** Takes room. Throws ApiError where there is none. */
  async reserve(bytes: number): Promise<void> {
    await this.#answers.take(this.#from, bytes, this.#clock);
  }

  give(bytes: number): void {
    this.#answers.give(this.#from, bytes);
  }

  /** An answer of so many bytes has come for what was reserved: the one before is used up. */
  came(reserved: number, bytes: number): void {
    const held = this.#ended ? 0 : Math.min(bytes, reserved);
    this.#largest = Math.max(this.#largest, reserved);
    this.give(reserved - held + this.#newest);
    this.#newest = held;
  }

  /** Goes on holding so much when the next answer comes. Throws ApiError. */
  async keep(bytes: number): Promise<void> {
    if (this.#kept + bytes > maxSortedBytes) throw ApiError.of(errors.responseTooLarge);
    await this.reserve(bytes);
    if (this.#ended) this.give(bytes);
    else this.#kept += bytes;
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
}
