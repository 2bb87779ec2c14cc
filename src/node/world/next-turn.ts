import type { TimerHandle, Timers } from "./environment.ts";

/** Work that is to go on in a turn of its own, right after those that are waiting. */
export class NextTurn {
  readonly #timers: Timers;
  readonly #run: () => void;
  #timer: TimerHandle | undefined;

  constructor(timers: Timers, run: () => void) {
    this.#timers = timers;
    this.#run = run;
  }

  /** However often it is asked for, it comes once. */
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
