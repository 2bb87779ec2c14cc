/** What left the object in a turn, and the newest write that must be durable before it may go. */
interface Held {
  readonly needs: number;
  readonly release: () => void;
}

/**
 * The output gate of one instance, with its commits counted from 1. What leaves after a write of
 * the turn under way waits for that write; what leaves before it waits only for commits that are
 * already in flight (platform facts).
 */
export class OutputGate {
  #held: Held[] = [];
  #durable = 0;
  #lastCommit = 0;

  get durable(): number {
    return this.#durable;
  }

  /** The newest commit that was begun. */
  get lastCommit(): number {
    return this.#lastCommit;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** @param writing whether the turn under way has written. */
  leave(writing: boolean, release: () => void): void {
    const needs = this.#lastCommit + (writing ? 1 : 0);
    if (needs <= this.#durable) release();
    else this.#held.push({ needs, release });
  }

  /** The turn ended and has written. Returns the number of its commit. */
  begin(): number {
    this.#lastCommit += 1;
    return this.#lastCommit;
  }

  /** Commits up to this one are durable: what waited for them goes, in order. */
  confirm(commit: number): void {
    this.#durable = Math.max(this.#durable, commit);
    const free = this.#held.findIndex(({ needs }) => needs > this.#durable);
    const going = free < 0 ? this.#held : this.#held.slice(0, free);
    this.#held = free < 0 ? [] : this.#held.slice(free);
    for (const { release } of going) release();
  }

  /** The instance is gone, and what waited with it. */
  drop(): void {
    this.#held = [];
  }
}
