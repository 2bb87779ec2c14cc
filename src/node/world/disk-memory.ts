const minWaitMs = 1_000;
const maxWaitMs = 10_000;

/**
 * What a process remembers of one member's disk from instance to instance. A commit that the disk
 * has no room for ends the whole instance, and nothing can be written down about it: the next one
 * would run into the same, again and again, and answer no request meanwhile.
 */
export class DiskMemory {
  #alive = false;
  #doubted = false;
  #failures = 0;
  #notBeforeMs = 0;

  /** An instance begins. If the last one ended without a word, it may have been for its disk. */
  begin(): void {
    this.#doubted ||= this.#alive;
    this.#alive = true;
  }

  /** It ends by itself, for a reason that it knows. */
  end(): void {
    this.#alive = false;
  }

  /** Whether writing must be tried before anything rests on it. */
  get doubted(): boolean {
    return this.#doubted;
  }

  /** Whether it was tried in vain. */
  get full(): boolean {
    return this.#failures > 0;
  }

  /** How long to wait before it is tried again. */
  waitMs(nowMs: number): number {
    return Math.min(maxWaitMs, Math.max(0, this.#notBeforeMs - nowMs));
  }

  /** Writing is tried, or has failed: only `trusted` takes it back. */
  failed(nowMs: number): void {
    const waitMs = Math.min(maxWaitMs, minWaitMs * 2 ** Math.min(this.#failures, 10));
    this.#doubted = true;
    this.#failures += 1;
    this.#notBeforeMs = nowMs + waitMs;
  }

  trusted(): void {
    this.#doubted = false;
    this.#failures = 0;
    this.#notBeforeMs = 0;
  }
}

const maxKnown = 10_000;
const known = new Map<string, DiskMemory>();

/** That of the member of this name, in this process. */
export function diskMemory(name: string): DiskMemory {
  const memory = known.get(name) ?? new DiskMemory();
  for (const oldest of known.keys()) {
    if (known.size < maxKnown) break;
    known.delete(oldest);
  }
  known.delete(name);
  known.set(name, memory);
  return memory;
}
