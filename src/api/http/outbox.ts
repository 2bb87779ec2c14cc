/**
 * Bounds what was sent over WebSockets to clients that have sent nothing since. The platform does
 * not tell how much of it has left, and unread bytes stay in memory until the connection ends.
 * Beyond the bound, the socket with the most such bytes is closed, and counts until its connection
 * ends. A client that sends anything now and then, such as a progress_request, counts as reading.
 */
import type { Clock } from "../base/clock.ts";

/** The part of a WebSocket that is used. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close" | "error", listener: () => void): void;
}

/** Bytes on all sockets of a front together. */
export const maxUnheardBytes = 33_554_432;
export const unheardReason = "too much was sent to a client that says nothing";

/** RFC 6455: try again later. */
const tryAgainLater = 1013;
/** Only a socket's own request may close it; it checks this often whether it must. */
const lookMs = 2_000;

interface Box {
  bytes: number;
  /** Whether its own request must close it at its next check. */
  doomed: boolean;
}

export interface BoundedSocket extends Socket {
  /** Called when its connection is ended here. */
  gone(): void;
}

export class Outboxes {
  readonly #open = new Set<Box>();
  /** Bytes of open sockets, and of closed ones whose connection has not ended. */
  #openBytes = 0;
  #closedBytes = 0;

  get bytes(): number {
    return this.#openBytes + this.#closedBytes;
  }

  /** Wraps a socket, which closes itself if it has the most unread bytes. */
  bounded(socket: Socket, clock: Clock): BoundedSocket {
    const box: Box = { bytes: 0, doomed: false };
    this.#open.add(box);
    const ends: (() => void)[] = [];
    let closed = false;
    let cancelLook: (() => void) | undefined;
    const cut = () => {
      if (closed) return;
      closed = true;
      this.#closedBytes += box.bytes;
      socket.close(tryAgainLater, unheardReason);
      for (const end of ends) end();
    };
    const look = () => {
      cancelLook = undefined;
      if (box.doomed) cut();
      else if (box.bytes > 0) cancelLook = clock.after(lookMs, look);
    };
    socket.addEventListener("message", () => this.#heard(box));
    const gone = () => {
      cancelLook?.();
      if (closed) this.#closedBytes -= box.bytes;
      else this.#leave(box);
      box.bytes = 0;
      closed = true;
    };
    socket.addEventListener("close", gone);
    socket.addEventListener("error", gone);
    return {
      gone,
      send: (text) => {
        if (closed) return;
        socket.send(text);
        this.#sent(box, text.length);
        if (box.doomed) cut();
        else cancelLook ??= clock.after(lookMs, look);
      },
      close: (code, reason) => {
        if (!closed) socket.close(code, reason);
      },
      addEventListener: (type: string, listener: (event: { data: unknown }) => void) => {
        if (type === "message") socket.addEventListener(type, listener);
        else {
          const end = listener as () => void;
          ends.push(end);
          socket.addEventListener(type as "close", end);
        }
      },
    };
  }

  #heard(box: Box): void {
    if (box.doomed) return;
    this.#openBytes -= box.bytes;
    box.bytes = 0;
  }

  #sent(box: Box, bytes: number): void {
    box.bytes += bytes;
    if (!box.doomed) this.#openBytes += bytes;
    while (this.bytes > maxUnheardBytes && this.#open.size > 0) {
      let largest = box;
      // If closed sockets take the whole bound, closing others makes no room.
      const room = this.#closedBytes < maxUnheardBytes;
      for (const other of this.#open) if (room && other.bytes > largest.bytes) largest = other;
      this.#leave(largest);
      largest.doomed = true;
      if (largest === box) return;
    }
  }

  #leave(box: Box): void {
    if (this.#open.delete(box)) this.#openBytes -= box.bytes;
  }
}
