import assert from "node:assert/strict";
import { test } from "node:test";
import { Context } from "../../../../src/api/http/context.ts";
import { Parameters } from "../../../../src/api/http/parameters.ts";
import { eventsOfKey } from "../../../../src/api/plain/events.ts";
import { confirm, FakeStream } from "../support/fake-stream.ts";
import { FakeMember, header, JumpingClock, putAnswer, routerOf } from "../support/members.ts";

/** The events of one key, of a member that takes the watch and says nothing more. */
async function silentEvents(query: string, headers: Record<string, string> = {}) {
  const member = new FakeMember(1);
  member.answers = [putAnswer(header(1))];
  member.openWatch = () => new FakeStream(confirm);
  const { router, view, clock } = routerOf([member], new JumpingClock());
  const context = new Context({
    ...{ cluster: router, view, clock, token: "", origin: "", needsLeader: false },
    ...{ deadlineMs: undefined, signal: () => new AbortController().signal },
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  const request = new Request(`http://kv/kv/a${query}`, { headers });
  const parameters = new Parameters(query, { once: ["revision"] });
  const response = await eventsOfKey({ context, request, parameters, parts: { key: "a" } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  return { reader, clock };
}

// The member is at revision 5: what is asked for is past, to come, or what comes next.
const starts = { "": 6, "?revision=0": 6, "?revision=2": 2, "?revision=1000000": 1_000_000 };

for (const [query, from] of Object.entries(starts)) {
  test(`events${query} that do not come are a comment every 15 s`, async () => {
    const { reader, clock } = await silentEvents(query);
    // Where it stays silent, it ends.
    clock.after(90_000, () => void reader.cancel());
    assert.equal((await reader.read()).value, `: from revision ${from} on\n\n`);
    for (let i = 0; i < 3; i += 1) {
      const sinceMs = clock.now();
      assert.equal((await reader.read()).value, ":\n\n");
      assert.ok(clock.now() - sinceMs <= 15_000, `${clock.now() - sinceMs} ms`);
    }
    await reader.cancel();
  });
}

test("a stream that is resumed begins after the last event that was seen", async () => {
  const { reader } = await silentEvents("", { "last-event-id": "3" });
  assert.equal((await reader.read()).value, ": from revision 4 on\n\n");
  await reader.cancel();
});
