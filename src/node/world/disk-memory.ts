const minWaitMs = 1_000;
const maxWaitMs = 10_000;

/**
 * What a process remembers of a member's disk across instances. A commit that finds the disk full
 * ends the instance, and cannot store why: without this memory the next instance would meet the
 * same again and again, and answer nothing.
 */
export class DiskMemory {
  #alive = false;
  #doubted = false;
  #failures = 0;
  #notBeforeMs = 0;

  /** Called when an instance begins. If the last one ended without `end`, its disk may be full. */
  begin(): void {
    this.#doubted ||= this.#alive;
    this.#alive = true;
  }

  /** Called when an instance ends for a reason that it knows. */
  end(): void {
    this.#alive = false;
  }

  /** Whether a write must succeed before this member relies on its disk. */
  get doubted(): boolean {
    return this.#doubted;
  }

  /** Whether a trial write failed. */
  get full(): boolean {
    return this.#failures > 0;
  }

  /** How long to wait before the next trial. */
  waitMs(nowMs: number): number {
    return Math.min(maxWaitMs, Math.max(0, this.#notBeforeMs - nowMs));
  }

  /** Notes that a trial begins, or failed: only `trusted` clears it. */
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

/** The memory of the member of this name in this process. */
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
