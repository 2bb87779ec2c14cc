/** Something that will happen. Cancelled, it stays in the queue for a while, and is passed over. */
export interface Scheduled {
  readonly atUs: number;
  cancel(): void;
}

class Event implements Scheduled {
  readonly atUs: number;
  readonly order: number;
  run: (() => void) | undefined;
  readonly #cancelled: () => void;

  constructor(atUs: number, order: number, run: () => void, cancelled: () => void) {
    this.atUs = atUs;
    this.order = order;
    this.run = run;
    this.#cancelled = cancelled;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.#cancelled();
  }
}

/** Below it there is nothing to be gained by clearing up. */
const fewEvents = 64;

/**
 * Simulated time, and what happens in it: events in the order of their time, and at one time in the
 * order in which they were scheduled. Times are whole microseconds since the world began.
 */
export class Scheduler {
  #heap: Event[] = [];
  #nowUs = 0;
  #order = 0;
  /** How many of the heap were cancelled: most events are time limits, and few of those come. */
  #dead = 0;
  readonly #cancelled = (): void => {
    this.#dead += 1;
    if (this.#heap.length > fewEvents && 2 * this.#dead > this.#heap.length) this.#clear();
  };

  get nowUs(): number {
    return this.#nowUs;
  }

  get nowMs(): number {
    return Math.floor(this.#nowUs / 1000);
  }

  /** How many events wait, cancelled ones among them. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Runs `run` after `delayUs` (rounded up to whole microseconds, at least 0). */
  after(delayUs: number, run: () => void): Scheduled {
    return this.at(this.#nowUs + Math.max(0, Math.ceil(delayUs)), run);
  }

  at(atUs: number, run: () => void): Scheduled {
    if (!(Number.isSafeInteger(atUs) && atUs >= this.#nowUs)) {
      throw new RangeError(`event at ${atUs} us, now is ${this.#nowUs} us`);
    }
    const event = new Event(atUs, this.#order++, run, this.#cancelled);
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  /**
   * Takes the next event due at or before `limitUs`, moves the time to it, and returns what it
   * runs; undefined (and the time at the limit) where there is none.
   */
  next(limitUs: number): (() => void) | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atUs > limitUs) {
        this.#nowUs = Math.max(this.#nowUs, limitUs);
        return undefined;
      }
      this.#removeFirst();
      const { run } = first;
      if (run === undefined) {
        this.#dead -= 1;
        continue;
      }
      first.run = undefined;
      this.#nowUs = first.atUs;
      return run;
    }
  }

  /** Takes out those that were cancelled. */
  #clear(): void {
    this.#heap = this.#heap.filter(({ run }) => run !== undefined);
    this.#dead = 0;
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(position: number): void {
    const heap = this.#heap;
    const event = heap[position];
    if (event === undefined) return;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, event)) break;
      heap[position] = parent;
      position = above;
    }
    heap[position] = event;
  }

  #sink(position: number): void {
    const heap = this.#heap;
    const event = heap[position];
    if (event === undefined) return;
    for (;;) {
      let below = 2 * position + 1;
      let child = heap[below];
      if (child === undefined) break;
      const other = heap[below + 1];
      if (other !== undefined && before(other, child)) {
        child = other;
        below += 1;
      }
      if (before(event, child)) break;
      heap[position] = child;
      position = below;
    }
    heap[position] = event;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
