/** Ticks since this instance began: the time that deadlines are counted in. */
export class TickCount {
  #now = 0;

  get now(): number {
    return this.#now;
  }

  next(): number {
    this.#now += 1;
    return this.#now;
  }
}
