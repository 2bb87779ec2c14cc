import type { Scheduler } from "./scheduler.ts";

/** Whoever runs turns: an instance of a Durable Object. */
export interface TurnTaker {
  readonly name: string;
  begin(): void;
  /** The synchronous part threw. */
  threw(error: unknown): void;
  end(): void;
}

/**
 * Runs the events of the world, one at a time. An event enters at most one instance; what the
 * instance does there, and whatever that leaves to microtasks, is one turn (platform fact: all that
 * is written before the event loop turns is one transaction).
 */
export class Turns {
  readonly #scheduler: Scheduler;
  #current: TurnTaker | undefined;
  /** What went wrong in a way that has no caller: promises that nobody waits for. */
  onStray: (taker: TurnTaker | undefined, reason: unknown) => void = () => undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get current(): TurnTaker | undefined {
    return this.#current;
  }

  /** Begins the turn of this event. */
  enter(taker: TurnTaker, run: () => void): void {
    if (this.#current !== undefined) {
      throw new Error(`${taker.name} entered in a turn of ${this.#current.name}`);
    }
    this.#current = taker;
    taker.begin();
    try {
      run();
    } catch (error) {
      taker.threw(error);
    }
  }

  /** Runs every event up to `untilUs`, or until `stop` says so. */
  async run(untilUs: number, stop: () => boolean): Promise<void> {
    const stray = (reason: unknown): void => this.onStray(this.#current, reason);
    // While the world runs nobody else in the process does, so a test runner's own listener waits.
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", stray);
    try {
      await inImmediates(() => this.#turn(untilUs, stop));
    } finally {
      process.off("unhandledRejection", stray);
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  }

  /** Ends the turn before, and runs events until one began the next. False where none did. */
  #turn(untilUs: number, stop: () => boolean): boolean {
    const taker = this.#current;
    this.#current = undefined;
    taker?.end();
    while (!stop()) {
      const event = this.#scheduler.next(untilUs);
      if (event === undefined) return false;
      event();
      if (this.#current !== undefined) return true;
    }
    return false;
  }
}

/** Steps asked for at once: nearly all of a trip around the event loop is saved for each. */
const batch = 64;

/**
 * Runs one step after another until one returns false. After each, every promise that is settled
 * runs what waits for it, and what that settles in turn, until nothing is left to run, and what was
 * rejected with nobody waiting is told: Node does all that between one immediate and the next, so
 * nothing depends on how many awaits there are.
 */
function inImmediates(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    let asked = 0;
    const ask = (): void => {
      for (; asked < batch; asked++) setImmediate(run);
    };
    const run = (): void => {
      if (over) return;
      asked -= 1;
      try {
        over = !step();
      } catch (error) {
        over = true;
        reject(error);
        return;
      }
      if (over) resolve();
      else if (asked === 0) ask();
    };
    ask();
  });
}
