import assert from "node:assert/strict";
import { test } from "node:test";
import { eventTexts } from "../../../../src/api/plain/event-text.ts";
import { Event, EventType, KeyValue } from "../../../../src/proto/generated/etcd.ts";

const put = (key: string, modRevision: number) =>
  Event.create({ kv: KeyValue.create({ key: new TextEncoder().encode(key), modRevision }) });

test("only a revision's last event has its id, and no events are a comment", () => {
  const deleted = Event.create({ ...put("c", 3), type: EventType.DELETE });
  const texts = [...eventTexts([put("a", 2), put("b", 2), deleted, put("c", 4)])];
  const heads = texts.map((text) => text.split("\ndata: ")[0]);
  const expected = ["event: put", "id: 2\nevent: put", "id: 3\nevent: delete", "id: 4\nevent: put"];
  assert.deepEqual(heads, expected);
  assert.match(texts[2] ?? "", /data: {"key":"c","mod_revision":"3"}\n\n$/);
  assert.deepEqual([...eventTexts([])], [":\n\n"]);
});

test("the work for many events of one revision grows with their number only", () => {
  const count = 2_000;
  let reads = 0;
  const events = new Proxy(
    Array.from({ length: count }, (_, i) => put(`k${i}`, 2)),
    {
      get(target, name, receiver) {
        reads += 1;
        return Reflect.get(target, name, receiver);
      },
    },
  );
  assert.equal([...eventTexts(events)].filter((text) => text.startsWith("id: ")).length, 1);
  assert.ok(reads <= 5 * count, `${reads} reads of ${count} events`);
});
