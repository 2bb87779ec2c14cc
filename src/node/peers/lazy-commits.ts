import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { TimerHandle, Timers } from "../world/environment.ts";

/**
 * Keeps back, for a few milliseconds, what only tells a follower that more is committed: an append
 * without entries. Under load the next append says the same, and no client waits for it: the frames
 * of a put, and the turns and answers that follow from them, are halved. Raft would not mind if
 * these messages were lost.
 */
export class LazyCommits {
  readonly #timers: Timers;
  readonly #delayMs: number;
  readonly #send: (messages: readonly Message[]) => void;
  /** The newest for each follower. */
  readonly #kept = new Map<number, Message>();
  #timer: TimerHandle | undefined;

  constructor(timers: Timers, delayMs: number, send: (messages: readonly Message[]) => void) {
    this.#timers = timers;
    this.#delayMs = delayMs;
    this.#send = send;
  }

  /** What of these is to be sent now; the rest is kept. */
  take(messages: readonly Message[]): readonly Message[] {
    const now: Message[] = [];
    for (const message of messages) {
      if (message.type === MessageType.MsgApp && message.entries.length === 0) {
        this.#kept.set(message.to, message);
      } else now.push(message);
    }
    for (const { to, type, commit } of now) {
      const says = type === MessageType.MsgApp || type === MessageType.MsgHeartbeat;
      if (says && commit >= (this.#kept.get(to)?.commit ?? 0)) this.#kept.delete(to);
    }
    if (this.#kept.size > 0) this.#timer ??= this.#timers.start(() => this.#due(), this.#delayMs);
    else this.#cancelTimer();
    return now;
  }

  /** A follower is about to need it: its read waits for what is committed. */
  flush(to: number): void {
    const message = this.#kept.get(to);
    if (message === undefined) return;
    this.#kept.delete(to);
    this.#send([message]);
  }

  /**
   * Leads no longer, and tells at once what is left: if it was removed, no other member may know
   * what was committed last, and without its vote none may ever find out.
   */
  end(): void {
    this.#cancelTimer();
    this.#due();
  }

  /** What is kept next waits anew. */
  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #due(): void {
    this.#timer = undefined;
    const messages = [...this.#kept.values()];
    this.#kept.clear();
    if (messages.length > 0) this.#send(messages);
  }
}
