import type { Reason } from "../../rpc/answers.ts";
import type { Tuning } from "../world/tuning.ts";
import { type Waiting, WaitList } from "../world/wait-list.ts";
import type { Running } from "./running.ts";

/** What a client's request needs: raft, a word of its leader, this member's own state, or less. */
export type Needs = "raft" | "leader" | "state" | "nothing";

/** A client that waits until this member serves, or until its deadline. */
export interface WaitingClient extends Waiting {
  run(running: Running, deadlineTick: number): void;
  readonly needs: Needs;
}

/** The ticks that a client waits for its answer. */
export function ticksOf(timeoutMs: number, { tickMs, maxRequestMs }: Tuning): number {
  return Math.ceil(Math.min(Math.max(timeoutMs, 1), maxRequestMs) / tickMs);
}

/** Bounds of clients that wait for a member, and of the bytes of their requests. */
export const maxWaiting = 4_096;
export const maxWaitingBytes = 4_194_304;

/** Clients that came before their member could serve. */
export class WaitingClients {
  readonly #waiting = new WaitList<WaitingClient>({ count: maxWaiting, bytes: maxWaitingBytes });

  get some(): boolean {
    return this.#waiting.length > 0;
  }

  /** False where too many wait already. */
  add(waiting: WaitingClient): boolean {
    return this.#waiting.add(waiting);
  }

  admit(running: Running): void {
    for (const waiting of this.#waiting.take()) waiting.run(running, waiting.deadlineTick);
  }

  /** Admits serializable reads; fails the others with `reason`. */
  admitReads(running: Running, reason: Reason): void {
    for (const waiting of this.#waiting.take()) {
      if (waiting.needs === "state") waiting.run(running, waiting.deadlineTick);
      else waiting.failed(reason);
    }
  }

  /** Fails clients whose deadline has passed. */
  expire(tick: number, reason: () => Reason): void {
    for (const waiting of this.#waiting.takeLate(tick)) waiting.failed(reason());
  }

  fail(reason: Reason): void {
    this.#waiting.fail(reason);
  }
}
