import type { Weight } from "../../kv/apply/weight.ts";
import { type Reason, tooManyRequests } from "../../rpc/answers.ts";
import type { Timers } from "../world/environment.ts";
import { NextTurn } from "../world/next-turn.ts";
import { type Waiting, WaitList } from "../world/wait-list.ts";

/**
 * Stored bytes that proposals in flight may copy in total, for new versions and answers. A single
 * one may copy as much as its own bounds allow.
 */
export const maxCopiedBytes = 8_000_000;

/** Bytes of the heavy requests that wait for one another. */
export const maxWaitingHeavyBytes = 4_194_304;

/** A heavy request that waits until no other one is under way. */
export interface WaitingProposal extends Waiting {
  readonly bytes: number;
  /** Checks and proposes it again. */
  again(): void;
}

/** The load of proposals that are neither applied nor given up. */
export class UnderWay {
  readonly #next: NextTurn;
  readonly #waiting = new WaitList<WaitingProposal>({ bytes: maxWaitingHeavyBytes });
  #heavy = false;
  #keptBytes = 0;
  #answerBytes = 0;

  constructor(timers: Timers) {
    this.#next = new NextTurn(timers, () => this.#tryNext());
  }

  /** Bytes of older values that they store again. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Heavy requests that wait for one another. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether a heavy proposal is among them. */
  get heavy(): boolean {
    return this.#heavy;
  }

  /** Whether one more proposal fits. */
  takes({ heavy, keptBytes, answerBytes }: Weight): boolean {
    if (heavy) return !this.#heavy;
    const [before, more] = [this.#keptBytes + this.#answerBytes, keptBytes + answerBytes];
    return before === 0 || more === 0 || before + more <= maxCopiedBytes;
  }

  add({ heavy, keptBytes, answerBytes }: Weight): void {
    if (heavy) this.#heavy = true;
    this.#keptBytes += keptBytes;
    this.#answerBytes += answerBytes;
  }

  /** Subtracts a proposal that was added. */
  end({ heavy, keptBytes, answerBytes }: Weight): void {
    if (heavy) this.#heavy = false;
    this.#keptBytes -= keptBytes;
    this.#answerBytes -= answerBytes;
    if (heavy && this.#waiting.length > 0) this.#next.ask();
  }

  /** Keeps a heavy request until it can be proposed, or fails it where too much waits. */
  wait(proposal: WaitingProposal): void {
    if (!this.#waiting.add(proposal)) proposal.failed(tooManyRequests);
  }

  /** Fails what has waited too long: nothing of it was proposed. */
  tick(now: number): void {
    for (const late of this.#waiting.takeLate(now)) late.failed(tooManyRequests);
  }

  close(reason: Reason): void {
    this.#next.cancel();
    this.#waiting.fail(reason);
  }

  #tryNext(): void {
    if (this.#heavy) return;
    this.#waiting.shift()?.again();
    // It may have been refused, or be light by now.
    if (this.#waiting.length > 0) this.#next.ask();
  }
}
