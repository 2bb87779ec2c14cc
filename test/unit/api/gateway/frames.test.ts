import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, InputError } from "../../../../src/api/base/error.ts";
import { FrameValues, maxWaitingCharacters } from "../../../../src/api/gateway/frames.ts";
import { maxJsonBytes } from "../../../../src/api/store/sizes.ts";
import { GrpcCode } from "../../../../src/etcd/grpc-code.ts";

const anybody = { admit: async () => undefined };

async function all(frames: FrameValues): Promise<string[]> {
  const found: string[] = [];
  for await (const value of frames.values()) found.push(value);
  return found;
}

test("values come out of frames, wherever those were cut, as text or as bytes", async () => {
  const frames = new FrameValues(anybody);
  for (const frame of ['{"a"', ":1}{", new TextEncoder().encode('"b":2}').buffer]) {
    frames.push(frame as string | ArrayBuffer);
  }
  frames.close();
  assert.deepEqual(await all(frames), ['{"a"\n:1}', '{\n"b":2}']);
});

test("values that wait are taken in order, also by whoever waited first", async () => {
  const frames = new FrameValues(anybody);
  const found = all(frames);
  await new Promise(setImmediate);
  for (let i = 0; i < 3_000; i += 1) frames.push(`{"n":${i}}`);
  frames.close();
  assert.deepEqual(
    await found,
    Array.from({ length: 3_000 }, (_, i) => `{"n":${i}}`),
  );
});

test("what is larger than a request may be ends the values", async () => {
  const frames = new FrameValues(anybody);
  frames.push('{"a":1}');
  frames.push('{"value":"');
  const part = "x".repeat(500_000);
  for (let sent = 0; sent <= maxJsonBytes; sent += part.length) frames.push(part);
  const values = frames.values()[Symbol.asyncIterator]();
  assert.equal((await values.next()).value, '{"a":1}');
  await assert.rejects(values.next(), /received message larger than max/);
});

test("a client that sends faster than it is answered is ended", async () => {
  const frames = new FrameValues(anybody);
  for (let i = 0; i < maxWaitingCharacters / 64; i += 1) frames.push("1");
  const first = frames.values()[Symbol.asyncIterator]().next();
  await assert.rejects(first, /too many requests wait on this WebSocket/);
  const slow = new FrameValues(anybody);
  const taken = slow.values()[Symbol.asyncIterator]();
  for (let i = 0; i < 200_000; i += 1) {
    slow.push("1");
    if (i % 1_000 === 999) for (let k = 0; k < 1_000; k += 1) await taken.next();
  }
});

test("bytes that are no UTF-8 are no text", async () => {
  const frames = new FrameValues(anybody);
  frames.push(Uint8Array.from([0x22, 0xe9, 0x22]).buffer);
  await assert.rejects(all(frames), InputError);
});

test("a stranger's frames are counted, and nothing of too many is given out", async () => {
  const stranger = {
    async admit(bytes: number) {
      if (bytes > 100) throw new ApiError(GrpcCode.InvalidArgument, "too much");
    },
  };
  const little = new FrameValues(stranger);
  little.push(`"${"x".repeat(90)}"`);
  little.close();
  assert.equal((await all(little)).length, 1);
  for (const much of [[`{"x":"${"x".repeat(100)}`], Array.from({ length: 51 }, () => "{}")]) {
    const frames = new FrameValues(stranger);
    for (const frame of much) frames.push(frame);
    const first = frames.values()[Symbol.asyncIterator]().next();
    await assert.rejects(first, /too much/);
  }
});
