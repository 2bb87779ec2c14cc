import type { Reason } from "../../rpc/answers.ts";
import { readTimedOut, tooManyRequests } from "../../rpc/answers.ts";
import type { Timers } from "../world/environment.ts";
import { NextTurn } from "../world/next-turn.ts";
import { type Waiting, WaitList } from "../world/wait-list.ts";

/** Units of work (see kv/work/work.ts) after which other events of the member go first. */
const sliceWork = 4_000_000;

/**
 * Units of work that may wait, estimated. A piece that waits longer would run for a client that has
 * given this member up: it is refused at once instead, and comes again.
 */
const maxWaitingWork = 400_000_000;

/** A piece of work, which runs in one turn. */
export interface Piece extends Waiting {
  /** Returns the units of work it took. */
  run(): number;
}

/**
 * Runs work in slices, each in a turn: messages, ticks and proposals that arrive meanwhile do not
 * wait for all of it. Cheap work runs at once.
 */
export class PacedWork {
  readonly #next: NextTurn;
  readonly #waiting: WaitList<Piece>;
  /** Units since the last slice began. */
  #spent = 0;
  /** Units of a piece: the newest count most. */
  #average = 0;

  /** @param maxWaiting pieces; more are refused. */
  constructor(timers: Timers, maxWaiting: number) {
    this.#next = new NextTurn(timers, () => this.#slice());
    this.#waiting = new WaitList({ count: maxWaiting });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param cheap runs at once, whatever waits. */
  add(piece: Piece, cheap = false): void {
    const isFree = this.#waiting.length === 0 && this.#spent < sliceWork;
    if (cheap || isFree) this.#run(piece);
    else if (this.waiting * this.#average >= maxWaitingWork || !this.#waiting.add(piece)) {
      piece.failed(tooManyRequests);
    }
  }

  /** Fails what has waited too long. */
  tick(now: number): void {
    for (const late of this.#waiting.takeLate(now)) late.failed(readTimedOut);
  }

  close(reason: Reason): void {
    this.#next.cancel();
    this.#spent = 0;
    this.#waiting.fail(reason);
  }

  #slice(): void {
    this.#spent = 0;
    while (this.#spent < sliceWork) {
      const piece = this.#waiting.shift();
      if (piece === undefined) return;
      this.#run(piece);
    }
  }

  #run(piece: Piece): void {
    const units = piece.run();
    this.#spent += units;
    this.#average = (3 * this.#average + units) / 4;
    if (this.#spent >= sliceWork) this.#next.ask();
  }
}
