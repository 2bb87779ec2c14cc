import type { Scheduler } from "./scheduler.ts";

/** The world's time 0 on a clock that is right: milliseconds since the epoch. */
export const epochMs = 1_800_000_000_000;

/** One machine's idea of the time. It may be wrong, jump, and stand still; real time goes on. */
export class Clock {
  readonly #scheduler: Scheduler;
  #offsetMs = 0;
  #frozenAtMs: number | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Milliseconds since the epoch. */
  read(): number {
    return this.#frozenAtMs ?? epochMs + this.#scheduler.nowMs + this.#offsetMs;
  }

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  freeze(): void {
    this.#frozenAtMs = this.read();
  }

  thaw(): void {
    this.#frozenAtMs = undefined;
  }
}
