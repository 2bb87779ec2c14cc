import type { Reason } from "../../rpc/answers.ts";
import { readTimedOut, tooManyRequests } from "../../rpc/answers.ts";
import type { Timers } from "../world/environment.ts";
import { NextTurn } from "../world/next-turn.ts";

/** Units of work (see kv/work/work.ts) after which other events of the member go first. */
const sliceWork = 4_000_000;

/** A piece of work, which runs in one turn. */
export interface Piece {
  readonly deadlineTick: number;
  /** Returns the units of work it took. */
  run(): number;
  failed(reason: Reason): void;
}

/**
 * Runs work in slices, each in a turn: messages, ticks and proposals that arrive meanwhile do not
 * wait for all of it. Cheap work runs at once.
 */
export class PacedWork {
  readonly #next: NextTurn;
  readonly #maxWaiting: number;
  #waiting: Piece[] = [];
  /** Units since the last slice began. */
  #spent = 0;

  /** @param maxWaiting pieces; more are refused. */
  constructor(timers: Timers, maxWaiting: number) {
    this.#next = new NextTurn(timers, () => this.#slice());
    this.#maxWaiting = maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(piece: Piece): void {
    if (this.#waiting.length === 0 && this.#spent < sliceWork) this.#run(piece);
    else if (this.#waiting.length < this.#maxWaiting) this.#waiting.push(piece);
    else piece.failed(tooManyRequests);
  }

  /** Fails what has waited too long. */
  tick(now: number): void {
    const late = this.#waiting.filter(({ deadlineTick }) => deadlineTick <= now);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ deadlineTick }) => deadlineTick > now);
    for (const { failed } of late) failed(readTimedOut);
  }

  close(reason: Reason): void {
    this.#next.cancel();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#spent = 0;
    for (const { failed } of waiting) failed(reason);
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
    this.#spent += piece.run();
    if (this.#spent >= sliceWork) this.#next.ask();
  }
}
