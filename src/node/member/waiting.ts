import type { Reason } from "../../rpc/answers.ts";
import type { Tuning } from "../world/tuning.ts";
import type { Running } from "./running.ts";

/** What a client's request needs: raft, a word of its leader, this member's own state, or less. */
export type Needs = "raft" | "leader" | "state" | "nothing";

/** A client that waits until this member serves, or until its deadline. */
export interface WaitingClient {
  readonly deadlineTick: number;
  /** Bytes of its request, which is kept while it waits. */
  readonly bytes: number;
  run(running: Running, deadlineTick: number): void;
  readonly needs: Needs;
  failed(reason: Reason): void;
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
  #waiting: WaitingClient[] = [];
  #bytes = 0;

  get some(): boolean {
    return this.#waiting.length > 0;
  }

  /** False where too many wait already. */
  add(waiting: WaitingClient): boolean {
    if (this.#waiting.length >= maxWaiting) return false;
    if (this.#bytes + waiting.bytes > maxWaitingBytes) return false;
    this.#waiting.push(waiting);
    this.#bytes += waiting.bytes;
    return true;
  }

  admit(running: Running): void {
    for (const waiting of this.#all()) waiting.run(running, waiting.deadlineTick);
  }

  /** Admits serializable reads; fails the others with `reason`. */
  admitReads(running: Running, reason: Reason): void {
    for (const waiting of this.#all()) {
      if (waiting.needs === "state") waiting.run(running, waiting.deadlineTick);
      else waiting.failed(reason);
    }
  }

  /** Fails clients whose deadline has passed. */
  expire(tick: number, reason: () => Reason): void {
    const late = this.#waiting.filter(({ deadlineTick }) => deadlineTick <= tick);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ deadlineTick }) => deadlineTick > tick);
    for (const { bytes } of late) this.#bytes -= bytes;
    for (const waiting of late) waiting.failed(reason());
  }

  fail(reason: Reason): void {
    for (const waiting of this.#all()) waiting.failed(reason);
  }

  #all(): readonly WaitingClient[] {
    this.#bytes = 0;
    return this.#waiting.splice(0);
  }
}
