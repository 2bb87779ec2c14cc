import type { TimerHandle, Timers } from "./environment.ts";

/** Schedules work for a turn of its own, after those that are waiting. */
export class NextTurn {
  readonly #timers: Timers;
  readonly #run: () => void;
  #timer: TimerHandle | undefined;

  constructor(timers: Timers, run: () => void) {
    this.#timers = timers;
    this.#run = run;
  }

  /** Schedules it once, however often it is called. */
  ask(): void {
    this.#timer ??= this.#timers.start(() => {
      this.#timer = undefined;
      this.#run();
    }, 0);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
