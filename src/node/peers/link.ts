import type { PeerSocket, TimerHandle, Timers } from "../world/environment.ts";
import { type Envelope, encodeFrame, type Frame } from "./frame-codec.ts";

export interface LinkLimits {
  /** Bytes that may be sent without acknowledgement. */
  readonly windowBytes: number;
  /** How long an acknowledgement waits for a frame to ride on; at most twice that. */
  readonly ackMs: number;
  /** A socket whose frame waits longer for its acknowledgement counts as silent. */
  readonly silentMs: number;
}

interface Unacknowledged {
  readonly sequence: number;
  readonly bytes: number;
  readonly sentAtMs: number;
}

/** What to do with a frame: process it, ignore a duplicate, or reset after lost frames. */
export type FrameOrder = "next" | "stale" | "gap";

/**
 * One socket to a peer: numbers frames, acknowledges them, and bounds what is in flight, since a
 * socket's own queue has no bound.
 *
 * Sequence numbers belong to one direction of one socket. Either end may lose its memory while the
 * socket lives (hibernation): it counts from 1 again, and continues from the first number that it
 * sees.
 */
export class Link {
  readonly #socket: PeerSocket;
  readonly #timers: Timers;
  readonly #limits: LinkLimits;
  #envelope: Envelope;
  #sent = 0;
  #received = 0;
  /** The newest acknowledged number, at most `#received`. */
  #acknowledged = 0;
  #unacknowledged: Unacknowledged[] = [];
  #unacknowledgedBytes = 0;
  #ackTimer: TimerHandle | undefined;
  /** Whether a frame carried an acknowledgement since the timer was started. */
  #carried = false;
  #closed = false;

  constructor(socket: PeerSocket, envelope: Envelope, timers: Timers, limits: LinkLimits) {
    this.#socket = socket;
    this.#envelope = envelope;
    this.#timers = timers;
    this.#limits = limits;
  }

  /** Whether any frame has arrived, so that the peer is there. */
  get confirmed(): boolean {
    return this.#received > 0;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get unacknowledgedBytes(): number {
    return this.#unacknowledgedBytes;
  }

  /** Sets sender and receiver of later frames. */
  set envelope(envelope: Envelope) {
    this.#envelope = envelope;
  }

  /**
   * Whether a frame has waited too long for its acknowledgement: a hanging handshake or a link that
   * loses frames looks like a silent peer until the platform gives it up.
   */
  silent(nowMs: number): boolean {
    const [oldest] = this.#unacknowledged;
    return oldest !== undefined && nowMs - oldest.sentAtMs > this.#limits.silentMs;
  }

  /**
   * Sends encoded messages as one frame, at the time `nowMs`. False, with nothing sent, where the
   * window is full.
   */
  send(messages: readonly Uint8Array[], nowMs: number): boolean {
    const bytes = messages.reduce((sum, message) => sum + message.length, 0);
    if (this.#closed) return false;
    // One frame may always go, or one larger than the window could never be sent.
    const full = this.#unacknowledgedBytes + bytes > this.#limits.windowBytes;
    if (full && this.#unacknowledged.length > 0) return false;
    this.#sent += 1;
    this.#unacknowledged.push({ sequence: this.#sent, bytes, sentAtMs: nowMs });
    this.#unacknowledgedBytes += bytes;
    this.#write(this.#sent, messages);
    return true;
  }

  /** Takes in a frame's counters. On "gap" the caller closes the socket. */
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

  /** Stops the timer of a closed socket. */
  forget(): void {
    this.#closed = true;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
  }

  /**
   * Starts the timer unless it runs. Frames that carry an acknowledgement leave it running:
   * restarting it for nearly every frame would cost more than a check at its end.
   */
  #startAckTimer(): void {
    this.#carried = false;
    this.#ackTimer = this.#timers.start(() => this.#ackDue(), this.#limits.ackMs);
  }

  #ackDue(): void {
    this.#ackTimer = undefined;
    if (this.#closed || this.#acknowledged === this.#received) return;
    // Frames that arrived after the last acknowledgement may wait for another frame.
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
