import type { Prng } from "./random.ts";
import type { Socket } from "./socket.ts";

/** One way between two places. */
export class Link {
  readonly from: string;
  readonly to: string;
  /** Sockets that use it, in either direction. */
  readonly sockets = new Set<Socket>();
  readonly #random: Prng;
  readonly #baseUs: number;
  /** How many partitions cut it at present. */
  #cuts = 0;
  /** Chance that a request or its answer is lost. */
  loss = 0;
  /** Chance that a request is handled twice. */
  duplication = 0;
  /** Multiplies every delay. */
  slowness = 1;
  /** Bytes a second. */
  bandwidth = 50_000_000;

  constructor(from: string, to: string, baseUs: number, random: Prng) {
    this.from = from;
    this.to = to;
    this.#baseUs = baseUs;
    this.#random = random;
  }

  get blocked(): boolean {
    return this.#cuts > 0;
  }

  cut(): void {
    this.#cuts += 1;
  }

  mend(): void {
    if (this.#cuts === 0) throw new Error(`${this.from} > ${this.to} is not cut`);
    this.#cuts -= 1;
    if (this.#cuts > 0) return;
    for (const socket of this.sockets) socket.resume(this);
  }

  /** A delay: the distance, a little jitter, and now and then a long wait. */
  delayUs(bytes: number): number {
    const jitter = this.#random.exponential(this.#baseUs * 0.1 + 50);
    const tail = this.#random.chance(0.002) ? this.#random.below(300_000) : 0;
    const transfer = (bytes / this.bandwidth) * 1_000_000;
    return Math.ceil((this.#baseUs + jitter + transfer) * this.slowness + tail);
  }

  loses(): boolean {
    return this.blocked || (this.loss > 0 && this.#random.chance(this.loss));
  }

  duplicates(): boolean {
    return this.duplication > 0 && this.#random.chance(this.duplication);
  }

  /** Whether a request that was lost fails at once; otherwise its sender waits for a timeout. */
  failsFast(): boolean {
    return this.#random.chance(0.5);
  }
}
