import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { TimerHandle, Timers } from "../world/environment.ts";

/**
 * Holds back appends without entries, which only tell a follower the commit index, for some
 * milliseconds. Under load the next append carries the index, and no client waits for it: this
 * halves the frames of a put, with their turns and responses. Raft tolerates the loss of these
 * messages.
 */
export class LazyCommits {
  readonly #timers: Timers;
  readonly #delayMs: number;
  readonly #send: (messages: readonly Message[]) => void;
  /** The newest held message for each follower. */
  readonly #kept = new Map<number, Message>();
  #timer: TimerHandle | undefined;

  constructor(timers: Timers, delayMs: number, send: (messages: readonly Message[]) => void) {
    this.#timers = timers;
    this.#delayMs = delayMs;
    this.#send = send;
  }

  /** Returns the messages to send now and holds the others. */
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

  /** Sends a follower's held message, since its read waits for the commit index. */
  flush(to: number): void {
    const message = this.#kept.get(to);
    if (message === undefined) return;
    this.#kept.delete(to);
    this.#send([message]);
  }

  /**
   * Sends all held messages when this member stops leading: if it was removed, the others may not
   * know the last commit index, and without its vote could never learn it.
   */
  end(): void {
    this.#cancelTimer();
    this.#due();
  }

  /** A message held later starts a new wait. */
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
