import type { Surroundings } from "../../sim/clients/surroundings.ts";
import { Prng } from "../../sim/world/random.ts";
import type { Violation } from "../../sim/world/world.ts";

/** Lines of clients that are kept, the last ones. */
const keptLines = 5_000;
const usInMs = 1_000;

/**
 * The real world as clients of the simulator see theirs. All times are of one clock of this
 * process, which only goes forward.
 */
export class RealTime implements Surroundings {
  readonly random: Prng;
  clusterId: bigint | undefined;
  readonly violations: Violation[] = [];
  /** Faults, and what came of them. */
  readonly milestones: string[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #startMs = performance.now();
  #lines: string[] = [];
  #ended = false;
  readonly scheduler: Surroundings["scheduler"];

  constructor(seed: string) {
    this.random = new Prng(seed);
    const now = (): number => this.nowUs;
    this.scheduler = {
      get nowUs() {
        return now();
      },
      after: (delayUs, run) => this.#after(delayUs, run),
    };
  }

  get nowUs(): number {
    return Math.floor((performance.now() - this.#startMs) * usInMs);
  }

  get nowMs(): number {
    return Math.floor(performance.now() - this.#startMs);
  }

  get lastLines(): readonly string[] {
    return this.#lines;
  }

  /** Nothing that waits happens any more. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async sleep(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  say(who: string, what: string): void {
    this.#lines.push(`${this.nowMs} ms ${who}: ${what}`);
    if (this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines);
  }

  milestone(what: string): void {
    this.milestones.push(`${this.nowMs} ms ${what}`);
    this.say("FAULT", what);
  }

  violation(check: string, message: string): void {
    this.say("VIOLATION", `${check}: ${message}`);
    this.violations.push({ check, message, atMs: this.nowMs });
  }

  #after(delayUs: number, run: () => void): { cancel(): void } {
    if (this.#ended) return { cancel: () => undefined };
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#ended) run();
    }, delayUs / usInMs);
    this.#timers.add(timer);
    const cancel = (): void => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
    return { cancel };
  }
}
