import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReader, textFrame } from "./frames.ts";

/** The same frame as a server sends it: without a mask. */
function unmasked(frame: Buffer, payloadBytes: number): Buffer {
  const head = Buffer.from(frame.subarray(0, frame.length - payloadBytes - 4));
  head[1] = (head[1] ?? 0) & 0x7f;
  return Buffer.concat([head, frame.subarray(frame.length - payloadBytes)]);
}

for (const length of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
  test(`a text of ${length} bytes is a frame that says so`, () => {
    const text = "x".repeat(length);
    const frame = textFrame(text);
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    assert.equal(frame.length, 2 + extended + 4 + length);
    assert.deepEqual([frame[0], (frame[1] ?? 0) >> 7], [0x81, 1]);
    const found = new FrameReader().push(unmasked(frame, length));
    assert.deepEqual(found, [{ closes: false, text }]);
  });
}

test("frames are found wherever they were cut", () => {
  const texts = ["one", "y".repeat(300), "three"];
  const all = Buffer.concat(texts.map((text) => unmasked(textFrame(text), text.length)));
  for (const size of [1, 7, 100]) {
    const reader = new FrameReader();
    const found: string[] = [];
    for (let at = 0; at < all.length; at += size) {
      found.push(...reader.push(all.subarray(at, at + size)).map(({ text }) => text));
    }
    assert.deepEqual(found, texts);
  }
});

test("a server's farewell is told apart", () => {
  const [frame] = new FrameReader().push(Buffer.from([0x88, 2, 0x03, 0xe8]));
  assert.equal(frame?.closes, true);
});
