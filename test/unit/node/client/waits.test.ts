/** Requests that wait in a member are bounded by their bytes, too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Running } from "../../../../src/node/member/running.ts";
import {
  maxWaiting,
  maxWaitingBytes,
  WaitingClients,
} from "../../../../src/node/member/waiting.ts";
import { WaitingWatch } from "../../../../src/node/member/waiting-watch.ts";
import type { WatchSession } from "../../../../src/node/watch/service.ts";

const client = (bytes: number, deadlineTick = 10) => ({
  ...{ deadlineTick, bytes, needs: "state" as const },
  run: () => undefined,
  failed: () => undefined,
});

test("clients that wait for a member are bounded in number and in bytes", () => {
  const many = new WaitingClients();
  for (let i = 0; i < maxWaiting; i += 1) assert.ok(many.add(client(0)));
  assert.ok(!many.add(client(0)));
  const large = new WaitingClients();
  for (let i = 0; i < 4; i += 1) assert.ok(large.add(client(maxWaitingBytes / 4)));
  assert.ok(!large.add(client(1)));
  assert.ok(large.add(client(0)));
});

test("who gave up, was served or was refused makes room", () => {
  const reason = () => () => ({ kind: "redirect" }) as never;
  for (const end of [
    (waiting: WaitingClients) => waiting.expire(10, reason),
    (waiting: WaitingClients) => waiting.admit({} as Running),
    (waiting: WaitingClients) => waiting.fail(reason()),
  ]) {
    const waiting = new WaitingClients();
    assert.ok(waiting.add(client(maxWaitingBytes)));
    assert.ok(!waiting.add(client(1)));
    end(waiting);
    assert.ok(waiting.add(client(maxWaitingBytes)));
  }
});

test("a watch stream that waits keeps no more than 256 KiB of requests, and ends beyond", () => {
  const watch = new WaitingWatch((input) => input());
  const heard: string[] = [];
  for (let i = 0; i < 5; i += 1) watch.request(new Uint8Array(60_000));
  const session: WatchSession = {
    request: (bytes) => heard.push(`${bytes.length}`),
    sent: () => undefined,
    close: () => heard.push("closed"),
  };
  watch.opened(session);
  assert.deepEqual(heard, ["60000", "60000", "60000", "60000", "closed"]);
});
