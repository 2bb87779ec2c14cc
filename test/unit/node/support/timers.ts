import type { Timers } from "../../../../src/node/world/environment.ts";

/** Timers that fire when the test says so, in the order of their times. */
export class ManualTimers implements Timers {
  nowMs = 0;
  #sequence = 0;
  #pending: { atMs: number; order: number; callback: () => void }[] = [];

  get pending(): number {
    return this.#pending.length;
  }

  start(callback: () => void, delayMs: number): { cancel(): void } {
    this.#sequence += 1;
    const timer = { atMs: this.nowMs + delayMs, order: this.#sequence, callback };
    this.#pending.push(timer);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== timer);
      },
    };
  }

  advance(byMs: number): void {
    const end = this.nowMs + byMs;
    for (;;) {
      const [next] = this.#pending
        .filter(({ atMs }) => atMs <= end)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      if (next === undefined) break;
      this.#pending = this.#pending.filter((other) => other !== next);
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = end;
  }
}
