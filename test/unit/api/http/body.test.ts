import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../../../../src/api/base/error.ts";
import { readBody } from "../../../../src/api/http/body.ts";
import { GrpcCode } from "../../../../src/etcd/grpc-code.ts";

const maxBytes = 100;
/** No limit in time. */
const receive = <T>(read: () => Promise<T>) => read();
const anybody = { admit: async () => undefined, receive };
const tooLarge = (bytes: number) => new ApiError(GrpcCode.InvalidArgument, `${bytes} bytes`);
const refusal = (bytes: number) => (error: unknown) =>
  error instanceof ApiError && error.message === `${bytes} bytes`;

/** A body of so many bytes, in parts of 40; tells how many of them were asked for. */
function request(bytes: number, headers: Record<string, string>) {
  const body = Uint8Array.from({ length: bytes }, (_, i) => i);
  const asked = { parts: 0 };
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = body.slice(asked.parts * 40, asked.parts * 40 + 40);
        asked.parts += 1;
        if (part.length > 0) controller.enqueue(part);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const init = { method: "PUT", body: source, headers, duplex: "half" };
  return { body, asked, request: new Request("http://host/", init as RequestInit) };
}

for (const [how, headers] of [
  ["of a declared length", (bytes: number) => ({ "content-length": String(bytes) })],
  ["of no declared length", () => ({})],
] as const) {
  test(`a body ${how} is read up to its bound, byte for byte`, async () => {
    for (const bytes of [1, 40, 99, 100]) {
      const { body, request: given } = request(bytes, headers(bytes));
      assert.deepEqual(await readBody(anybody, given, maxBytes, tooLarge), body);
    }
  });

  test(`a body ${how} that is somewhat too large is taken in and refused`, async () => {
    const { asked, request: given } = request(101, headers(101));
    await assert.rejects(readBody(anybody, given, maxBytes, tooLarge), refusal(101));
    assert.equal(asked.parts, 4, "three parts and the end");
  });
}

test("a body that is declared far too large is refused before any of it was read", async () => {
  const { asked, request: given } = request(401, { "content-length": "401" });
  await assert.rejects(readBody(anybody, given, maxBytes, tooLarge), refusal(401));
  assert.equal(asked.parts, 0);
});

test("a body far too large that did not say so is read no further than it must", async () => {
  const { asked, request: given } = request(4_000, {});
  await assert.rejects(readBody(anybody, given, maxBytes, tooLarge), refusal(440));
  assert.equal(asked.parts, 11);
});

test("no body is an empty one", async () => {
  const given = new Request("http://host/", { method: "PUT" });
  assert.deepEqual(await readBody(anybody, given, maxBytes, tooLarge), new Uint8Array());
});

for (const [how, headers, bytes] of [
  ["a declared length", { "content-length": "90" }, 90],
  ["no declared length", {}, 80],
  ["a length that is no number", { "content-length": "0x5a" }, 80],
] as const) {
  test(`who may not send so much is told so when it has written, with ${how}`, async () => {
    const stranger = {
      receive,
      async admit(sent: number) {
        if (sent > 40) throw new ApiError(GrpcCode.InvalidArgument, `${sent} bytes`);
      },
    };
    const { asked, request: given } = request(90, headers);
    await assert.rejects(readBody(stranger, given, maxBytes, tooLarge), refusal(bytes));
    assert.equal(asked.parts, 4, "three parts and the end");
  });
}
