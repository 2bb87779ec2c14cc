/** What every attack is handed, and what it tells. */

import type { Target, TargetOptions } from "./harness/target.ts";
import type { Outcome } from "./judge.ts";

export interface Attack {
  /** By which `--only` chooses it. */
  readonly id: string;
  readonly name: string;
  readonly what: string;
  /** Milliseconds after which it is ended, and has failed. */
  readonly limitMs: number;
  run(stage: Stage): Promise<void>;
}

/** Where one attack is carried out: it starts clusters, and reports what they cost. */
export interface Stage {
  /** A cluster on a workerd of its own; it ends with the attack. */
  start(options: TargetOptions): Promise<Target>;
  readonly report: Report;
  /** Whether this part of the attack is to be carried out: of those that have parts. */
  wants(part: string): boolean;
}

/** Collects what an attack tells. */
export class Report {
  readonly #figures = new Map<string, number>();
  readonly #skipped = new Map<string, string>();
  readonly #note: (text: string) => void;

  /** @param note is called with what is worth a line, as soon as it is known. */
  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  figure(name: string, value: number): void {
    this.#figures.set(name, value);
  }

  /** Keeps the larger of this value and those before. */
  highest(name: string, value: number): void {
    this.#figures.set(name, Math.max(value, this.#figures.get(name) ?? value));
  }

  /** Adds to those before. */
  sum(name: string, value: number): void {
    this.#figures.set(name, value + (this.#figures.get(name) ?? 0));
  }

  skip(names: readonly string[], reason: string): void {
    for (const name of names) this.#skipped.set(name, reason);
  }

  note(text: string): void {
    this.#note(text);
  }

  outcome(failure: string): Outcome {
    return { figures: this.#figures, skipped: this.#skipped, failure };
  }
}
