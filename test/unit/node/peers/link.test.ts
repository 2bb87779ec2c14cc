import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, type Frame } from "../../../../src/node/peers/frame-codec.ts";
import { Link } from "../../../../src/node/peers/link.ts";
import { ManualTimers } from "../support/timers.ts";

const envelope = {
  cluster: "00000000000000c1",
  from: 1,
  fromInstance: "0000000000000011",
  to: 2,
  toInstance: "0000000000000022",
};

function newLink(windowBytes = 100) {
  const timers = new ManualTimers();
  const sent: Frame[] = [];
  const closed: string[] = [];
  const socket = {
    send: (bytes: Uint8Array) => void sent.push(decodeFrame(bytes)),
    close: (_code: number, reason: string) => void closed.push(reason),
  };
  const link = new Link(socket, envelope, timers, { windowBytes, ackMs: 100, silentMs: 2_000 });
  return { timers, sent, closed, link };
}

const frame = (sequence: number, acknowledged = 0): Frame => ({
  envelope,
  sequence,
  acknowledged,
  messages: sequence === 0 ? [] : [new Uint8Array(1)],
});
const payload = (length: number) => [new Uint8Array(length)];

test("frames are numbered from one", () => {
  const { sent, link } = newLink();
  for (let i = 0; i < 3; i++) assert.equal(link.send(payload(1), 0), true);
  assert.deepEqual(
    sent.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test("beyond the window nothing is sent until the peer acknowledges", () => {
  const { sent, link } = newLink(100);
  assert.equal(link.send(payload(60), 0), true);
  assert.equal(link.send(payload(60), 0), false);
  assert.equal(link.send(payload(40), 0), true);
  assert.equal(sent.length, 2);
  link.arrived(frame(0, 1));
  assert.equal(link.unacknowledgedBytes, 40);
  assert.equal(link.send(payload(60), 0), true);
});

test("one frame may be larger than the window, if it is alone", () => {
  const { link } = newLink(100);
  assert.equal(link.send(payload(500), 0), true);
  assert.equal(link.send(payload(1), 0), false);
  link.arrived(frame(0, 1));
  assert.equal(link.unacknowledgedBytes, 0);
});

test("an acknowledgement rides on a frame, and then needs no timer", () => {
  const { timers, sent, link } = newLink();
  link.arrived(frame(1));
  link.arrived(frame(2));
  link.send(payload(1), 0);
  assert.equal(sent[0]?.acknowledged, 2);
  timers.advance(1_000);
  assert.equal(sent.length, 1);
  assert.equal(timers.pending, 0);
});

test("without a frame to ride on, an acknowledgement follows after 100 ms", () => {
  const { timers, sent, link } = newLink();
  link.arrived(frame(1));
  link.arrived(frame(2));
  timers.advance(99);
  assert.equal(sent.length, 0);
  timers.advance(1);
  assert.deepEqual(
    sent.map(({ sequence, acknowledged }) => [sequence, acknowledged]),
    [[0, 2]],
  );
  timers.advance(1_000);
  assert.equal(sent.length, 1, "acknowledgements are not acknowledged");
});

test("one timer serves many frames; the last acknowledgement waits 200 ms at most", () => {
  const { timers, sent, link } = newLink(10_000);
  let acknowledged = 0;
  for (let sequence = 1; sequence <= 500; sequence++) {
    link.arrived(frame(sequence, acknowledged));
    assert.equal(timers.pending, 1);
    timers.advance(1);
    acknowledged = sequence;
    link.send(payload(1), 0);
  }
  assert.equal(sent.length, 500, "no frame of acknowledgements alone");
  link.arrived(frame(501, 500));
  timers.advance(200);
  assert.equal(sent.length, 501);
  assert.equal(sent.at(-1)?.acknowledged, 501);
  timers.advance(1_000);
  assert.equal(sent.length, 501);
  assert.equal(timers.pending, 0);
});

test("a frame of the past is stale, and a missing one is a gap", () => {
  const { link } = newLink();
  assert.equal(link.arrived(frame(1)), "next");
  assert.equal(link.arrived(frame(2)), "next");
  assert.equal(link.arrived(frame(2)), "stale");
  assert.equal(link.arrived(frame(4)), "gap");
});

test("an end that lost its memory goes on from the first number it sees", () => {
  const { link } = newLink();
  assert.equal(link.arrived(frame(17)), "next");
  assert.equal(link.arrived(frame(18)), "next");
});

test("a peer that lost its memory counts from one again", () => {
  const { timers, sent, link } = newLink();
  link.arrived(frame(17));
  timers.advance(100);
  assert.equal(link.arrived(frame(1)), "next");
  timers.advance(100);
  assert.equal(sent.at(-1)?.acknowledged, 1);
});

test("a closed link sends nothing and leaves no timer", () => {
  const { timers, sent, closed, link } = newLink();
  link.arrived(frame(1));
  link.close(1001, "done");
  timers.advance(1_000);
  assert.equal(link.send(payload(1), 0), false);
  assert.deepEqual(sent, []);
  assert.deepEqual(closed, ["done"]);
});
