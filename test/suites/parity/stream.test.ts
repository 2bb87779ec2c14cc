import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { HttpStream } from "./stream.ts";

test("a message that comes after nobody waited for it is the next one", async (t) => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const server = createServer(async (_, response) => {
    response.write("first\n");
    await asked;
    response.end("second\nthird\n");
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stream = HttpStream.open(`http://127.0.0.1:${port}`, "", {});
  assert.equal(await stream.next(5_000), "first");
  assert.equal(await stream.next(20), "<nothing came>");
  assert.equal(await stream.next(20), "<nothing came>");
  ask();
  // By now the read that was given up has it.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await stream.next(5_000), "second");
  assert.equal(await stream.next(5_000), "third");
  assert.equal(await stream.next(5_000), undefined);
  stream.close();
});
