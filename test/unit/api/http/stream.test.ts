import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers, Holding } from "../../../../src/api/base/answers.ts";
import type { Clock } from "../../../../src/api/base/clock.ts";
import { streamOf } from "../../../../src/api/http/stream.ts";

const still: Clock = { now: () => 0, after: () => () => undefined };
const most = 65_536;

/** A body of these parts, how many of them were asked for, and what they hold. */
function body(parts: readonly (string | Uint8Array)[]) {
  const all = new Answers();
  let asked = 0;
  async function* source() {
    for (const part of parts) {
      asked += 1;
      yield part;
    }
  }
  const context = { answers: new Holding(all, "a client", still), clock: still };
  const reader = streamOf(context, source()).getReader();
  const next = async () => (await reader.read()).value;
  return { next, reader, asked: () => asked, held: () => all.bytes };
}

test("a long part leaves in pieces, and counts as held until all of them have left", async () => {
  const long = Uint8Array.from({ length: 2 * most + 3 }, (_, i) => i % 251);
  const { next, asked, held } = body([long, "end"]);
  const pieces = [await next(), await next(), await next()];
  assert.deepEqual(
    pieces.map((piece) => piece?.length),
    [most, most, 3],
  );
  assert.ok(Buffer.concat(pieces.map((piece) => piece ?? Buffer.alloc(0))).equals(long));
  assert.equal(held(), long.length);
  assert.equal(asked(), 1);
  assert.equal(Buffer.from((await next()) ?? "").toString(), "end");
  assert.equal(held(), 3);
  assert.equal(await next(), undefined);
  assert.equal(held(), 0);
});

test("a short part is a chunk of its own, also an empty one", async () => {
  const { next } = body(["a", "", "é"]);
  const texts = [await next(), await next(), await next()].map((piece) => {
    return Buffer.from(piece ?? "none").toString();
  });
  assert.deepEqual(texts, ["a", "", "é"]);
  assert.equal(await next(), undefined);
});

test("whoever goes within a part holds nothing more", async () => {
  const { next, reader, held } = body([new Uint8Array(3 * most)]);
  await next();
  assert.equal(held(), 3 * most);
  await reader.cancel();
  assert.equal(held(), 0);
});
