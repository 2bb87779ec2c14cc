import type { PeerSocket, TimerHandle, Timers } from "../world/environment.ts";
import { type Envelope, encodeFrame, type Frame } from "./frame-codec.ts";

export interface LinkLimits {
  /** Bytes sent and not acknowledged; beyond it nothing more is sent. */
  readonly windowBytes: number;
  /** An acknowledgement waits so long for a frame that it can ride on, and at most twice that. */
  readonly ackMs: number;
  /** A socket on which a frame waits longer for its acknowledgement is not relied on. */
  readonly silentMs: number;
}

interface Unacknowledged {
  readonly sequence: number;
  readonly bytes: number;
  readonly sentAtMs: number;
}

/** What a frame that arrived is: to be read; of the past; or proof that others were lost. */
export type FrameOrder = "next" | "stale" | "gap";

/**
 * One socket to a peer: numbers what is sent, acknowledges what arrives, and bounds what is under
 * way, since a socket's own queue has no bound.
 *
 * Sequence numbers belong to one direction of one socket. Either end may have lost its memory while
 * the socket lived on (hibernation): it counts from 1 again, and takes the first number that it
 * sees for the one to go on from.
 */
export class Link {
  readonly #socket: PeerSocket;
  readonly #timers: Timers;
  readonly #limits: LinkLimits;
  #envelope: Envelope;
  #sent = 0;
  #received = 0;
  /** The newest number that the peer was told to have arrived: at most `#received`. */
  #acknowledged = 0;
  #unacknowledged: Unacknowledged[] = [];
  #unacknowledgedBytes = 0;
  #ackTimer: TimerHandle | undefined;
  /** Whether a frame has carried an acknowledgement since the timer was started. */
  #carried = false;
  #closed = false;

  constructor(socket: PeerSocket, envelope: Envelope, timers: Timers, limits: LinkLimits) {
    this.#socket = socket;
    this.#envelope = envelope;
    this.#timers = timers;
    this.#limits = limits;
  }

  /** Whether anything has arrived: the peer is there. */
  get confirmed(): boolean {
    return this.#received > 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get unacknowledgedBytes(): number {
    return this.#unacknowledgedBytes;
  }

  /** Sender and receiver of the frames from now on. */
  set envelope(envelope: Envelope) {
    this.#envelope = envelope;
  }

  /**
   * Whether a frame waits for its acknowledgement for too long: a handshake that hangs and a way
   * that swallows frames look like a peer with nothing to say, until the platform gives them up.
   */
  silent(nowMs: number): boolean {
    const [oldest] = this.#unacknowledged;
    return oldest !== undefined && nowMs - oldest.sentAtMs > this.#limits.silentMs;
  }

  /**
   * Sends encoded messages as one frame, at the time `nowMs`. False, and nothing sent, where the
   * window is full.
   */
  send(messages: readonly Uint8Array[], nowMs: number): boolean {
    const bytes = messages.reduce((sum, message) => sum + message.length, 0);
    if (this.#closed) return false;
    // One frame may always go: what is larger than the window could else never be sent.
    const full = this.#unacknowledgedBytes + bytes > this.#limits.windowBytes;
    if (full && this.#unacknowledged.length > 0) return false;
    this.#sent += 1;
    this.#unacknowledged.push({ sequence: this.#sent, bytes, sentAtMs: nowMs });
    this.#unacknowledgedBytes += bytes;
    this.#write(this.#sent, messages);
    return true;
  }

  /** Takes in the counters of a frame. On "gap" the caller closes the socket. */
  arrived(frame: Frame): FrameOrder {
    this.#release(frame.acknowledged);
    const { sequence } = frame;
    if (sequence === 0) return "next";
    const restarted = sequence === 1;
    if (this.#received > 0 && !restarted) {
      if (sequence <= this.#received) return "stale";
      if (sequence !== this.#received + 1) return "gap";
    }
    this.#received = sequence;
    if (restarted) this.#acknowledged = 0;
    if (this.#ackTimer === undefined) this.#startAckTimer();
    return "next";
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.forget();
    this.#socket.close(code, reason);
  }

  /** The socket is gone: no timer is left behind. */
  forget(): void {
    this.#closed = true;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
  }

  /**
   * A frame that carries an acknowledgement, as nearly all do, leaves the timer running: to cancel
   * it and to start another for the next frame costs more than to look when it ends.
   */
  #startAckTimer(): void {
    this.#carried = false;
    this.#ackTimer = this.#timers.start(() => this.#ackDue(), this.#limits.ackMs);
  }

  #ackDue(): void {
    this.#ackTimer = undefined;
    if (this.#closed || this.#acknowledged === this.#received) return;
    // What is left to acknowledge came after that: it may wait for another frame.
    if (this.#carried) this.#startAckTimer();
    else this.#write(0, []);
  }

  #write(sequence: number, messages: readonly Uint8Array[]): void {
    this.#acknowledged = this.#received;
    this.#carried = true;
    const acknowledged = this.#acknowledged;
    this.#socket.send(encodeFrame({ envelope: this.#envelope, sequence, acknowledged, messages }));
  }

  #release(acknowledged: number): void {
    let count = 0;
    for (const { sequence, bytes } of this.#unacknowledged) {
      if (sequence > acknowledged) break;
      count += 1;
      this.#unacknowledgedBytes -= bytes;
    }
    if (count > 0) this.#unacknowledged.splice(0, count);
  }
}
