import { drainMicrotasks, type Scheduler } from "./scheduler.ts";

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
      while (!stop()) {
        const event = this.#scheduler.next(untilUs);
        if (event === undefined) return;
        event();
        if (this.#current === undefined) continue;
        await drainMicrotasks();
        const taker: TurnTaker = this.#current;
        this.#current = undefined;
        taker.end();
      }
    } finally {
      process.off("unhandledRejection", stray);
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  }
}
