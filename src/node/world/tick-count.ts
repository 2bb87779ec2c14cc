/** Ticks since this instance began, in which deadlines are counted. */
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
