import assert from "node:assert/strict";
import { test } from "node:test";
import {
  maxUnheardBytes,
  Outboxes,
  type Socket,
  unheardReason,
} from "../../../../src/api/http/outbox.ts";

/** The server's end of a socket whose client does what a test says. */
class FakeSocket implements Socket {
  readonly listeners: { type: string; run: (event: { data: unknown }) => void }[] = [];
  closedWith: string | undefined;
  sent = 0;

  send(text: string): void {
    this.sent += text.length;
  }

  close(_code: number, reason: string): void {
    this.closedWith = reason;
  }

  addEventListener(type: string, run: (event: { data: unknown }) => void): void {
    this.listeners.push({ type, run });
  }

  happens(type: "message" | "close"): void {
    for (const one of this.listeners) if (one.type === type) one.run({ data: "{}" });
  }
}

/** Timers run when a test says so. */
function world() {
  const timers = new Set<() => void>();
  const after = (_ms: number, callback: () => void) => {
    timers.add(callback);
    return () => timers.delete(callback);
  };
  const boxes = new Outboxes();
  const open = () => {
    const socket = new FakeSocket();
    let ended = false;
    const bounded = boxes.bounded(socket, { now: () => 0, after });
    bounded.addEventListener("close", () => {
      ended = true;
    });
    return { socket, bounded, ended: () => ended };
  };
  const tick = () => {
    for (const run of [...timers]) if (timers.delete(run)) run();
  };
  return { boxes, open, tick };
}

const text = "x".repeat(1 << 20);
const most = maxUnheardBytes / text.length;

test("a socket to which too much was sent is closed, and its stream ends", () => {
  const { boxes, open } = world();
  const { socket, bounded, ended } = open();
  for (let i = 0; i < most; i += 1) bounded.send(text);
  assert.equal(socket.closedWith, undefined);
  bounded.send(text);
  assert.equal(socket.closedWith, unheardReason);
  assert.ok(ended());
  bounded.send(text);
  assert.equal(socket.sent, (most + 1) * text.length);
  // What was not read is in memory until the connection goes.
  assert.equal(boxes.bytes, socket.sent);
  socket.happens("close");
  assert.equal(boxes.bytes, 0);
});

test("a client that says something now and then is sent whatever there is", () => {
  const { boxes, open } = world();
  const { socket, bounded } = open();
  for (let i = 0; i < 5 * most; i += 1) {
    bounded.send(text);
    if (i % 8 === 7) socket.happens("message");
  }
  assert.equal(socket.closedWith, undefined);
  assert.ok(boxes.bytes <= 8 * text.length);
});

test("the one to which most was sent goes, and nobody else", () => {
  const { open, tick } = world();
  const [silent, other] = [open(), open()];
  for (let i = 0; i < most - 2; i += 1) silent.bounded.send(text);
  for (let i = 0; i < 10; i += 1) other.bounded.send(text);
  // Only its own request may close it.
  assert.equal(silent.socket.closedWith, undefined);
  tick();
  assert.equal(silent.socket.closedWith, unheardReason);
  assert.ok(silent.ended());
  assert.equal(other.socket.closedWith, undefined);
});

test("those that do not go leave no more room than there is", () => {
  const { boxes, open, tick } = world();
  for (let i = 0; i < 100; i += 1) {
    const { bounded } = open();
    for (let j = 0; j < 10; j += 1) bounded.send(text);
    tick();
  }
  // Some that was sent until the next look, and one more text for each that finds no room.
  assert.ok(boxes.bytes <= 1.5 * maxUnheardBytes + 100 * text.length, `${boxes.bytes}`);
});
