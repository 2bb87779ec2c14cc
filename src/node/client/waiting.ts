import type { Running } from "../running.ts";
import type { Reason } from "./answers.ts";

/** A client that waits until this member can serve, or gives up. */
export interface Waiting {
  readonly deadlineTick: number;
  run(running: Running): void;
  failed(reason: Reason): void;
}

/** Who waits for a member, at most. */
export const maxWaiting = 4_096;

/** Clients that came before their member could serve. */
export class WaitingClients {
  #waiting: Waiting[] = [];

  get some(): boolean {
    return this.#waiting.length > 0;
  }

  /** False where there are too many already. */
  add(waiting: Waiting): boolean {
    if (this.#waiting.length >= maxWaiting) return false;
    this.#waiting.push(waiting);
    return true;
  }

  admit(running: Running): void {
    for (const waiting of this.#waiting.splice(0)) waiting.run(running);
  }

  /** Those who have waited long enough are told why. */
  expire(tick: number, reason: () => Reason): void {
    const late = this.#waiting.filter(({ deadlineTick }) => deadlineTick <= tick);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !late.includes(waiting));
    for (const waiting of late) waiting.failed(reason());
  }

  fail(reason: Reason): void {
    for (const waiting of this.#waiting.splice(0)) waiting.failed(reason);
  }
}
