import type { Reason } from "../../rpc/answers.ts";

/** A request of a client that waits, until its deadline. */
export interface Waiting {
  readonly deadlineTick: number;
  /** Bytes of the request, where they are kept and counted. */
  readonly bytes?: number;
  failed(reason: Reason): void;
}

/** How much may wait; what is left out has no bound. */
export interface WaitBounds {
  readonly count?: number;
  readonly bytes?: number;
}

/** Requests that wait, in the order in which they came. */
export class WaitList<W extends Waiting> {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #all: W[] = [];
  #bytes = 0;

  constructor({ count = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY }: WaitBounds) {
    this.#maxCount = count;
    this.#maxBytes = bytes;
  }

  get all(): readonly W[] {
    return this.#all;
  }

  get length(): number {
    return this.#all.length;
  }

  /** False, having added nothing, where too much waits already. */
  add(waiting: W): boolean {
    const bytes = this.#bytes + (waiting.bytes ?? 0);
    if (this.#all.length >= this.#maxCount || bytes > this.#maxBytes) return false;
    this.#all.push(waiting);
    this.#bytes = bytes;
    return true;
  }

  /** Takes out the first; undefined where nothing waits. */
  shift(): W | undefined {
    const first = this.#all.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first;
  }

  /** Takes out those that `which` holds for; without it, all. */
  take(which?: (waiting: W) => boolean): readonly W[] {
    const all = this.#all;
    this.#all = [];
    this.#bytes = 0;
    if (which === undefined) return all;
    const taken: W[] = [];
    for (const waiting of all) {
      if (which(waiting)) {
        taken.push(waiting);
      } else {
        this.#all.push(waiting);
        this.#bytes += waiting.bytes ?? 0;
      }
    }
    return taken;
  }

  /** Takes out those whose deadline has passed. */
  takeLate(now: number): readonly W[] {
    if (!this.#all.some(({ deadlineTick }) => deadlineTick <= now)) return [];
    return this.take(({ deadlineTick }) => deadlineTick <= now);
  }

  /** Takes out all, and fails them. */
  fail(reason: Reason): void {
    for (const waiting of this.take()) waiting.failed(reason);
  }
}
