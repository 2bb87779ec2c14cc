import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOf } from "../../../../src/kv/keys/key-range.ts";
import { WatchHub } from "../../../../src/kv/watch/hub.ts";
import { maxPreviousBytes, WatchPage } from "../../../../src/kv/watch/page.ts";
import { Watcher } from "../../../../src/kv/watch/stream.ts";
import { TurnWork } from "../../../../src/kv/watch/turn-work.ts";
import {
  type Event,
  EventType,
  FilterType,
  KeyValue,
  type WatchCreateRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { holds } from "../../../support/property.ts";
import { anySeat, eventLine, headerAt, ModelHistory, watch } from "./model.ts";

function watcher(request: WatchCreateRequest, next: number): Watcher {
  const hub = new WatchHub(new ModelHistory(), {
    header: headerAt,
    slice: () => ({ maxRevisions: 1, maxBytes: 1 }),
  });
  return new Watcher(
    hub.open(() => true, anySeat()),
    0n,
    request,
    next,
  );
}

const deletion = (key: string, modRevision: number): Event => ({
  type: EventType.DELETE,
  kv: KeyValue.create({ key: bytesOf(key), modRevision }),
  prevKv: undefined,
});

const large = (bytes: number) => (key: Uint8Array) =>
  KeyValue.create({ key, value: new Uint8Array(bytes) });

/** Asks again, as in later turns, until there is an answer. */
function owedBy(page: WatchPage, one: Watcher, turnWork: number) {
  for (let turns = 1; ; turns += 1) {
    assert.ok(turns < 10_000, "it does not come to an end");
    const owed = page.owed(one, new TurnWork(turnWork));
    if (owed !== undefined) return { ...owed, turns };
  }
}

const key = fc.constantFrom("a", "b", "bb", "c", "\0", "\xff");
const changes = fc.uniqueArray(fc.tuple(key, fc.constantFrom("1", "2", undefined)), {
  selector: ([name]) => name,
  minLength: 1,
});

test("a page has for each watch what going through all its events would find", (t) => {
  holds(
    t,
    fc.property(
      fc.array(changes, { minLength: 1, maxLength: 12 }),
      fc.record({ begin: key, end: key, next: fc.nat(14), prevKv: fc.boolean() }),
      fc.constantFrom([], [FilterType.NOPUT], [FilterType.NODELETE]),
      fc.constantFrom(1, 5_000, 1_000_000),
      fc.boolean(),
      (turns, { begin, end, next, prevKv }, filters, work, known) => {
        const history = new ModelHistory();
        const events = turns.flatMap((each) => history.write(each));
        const bare = events.map((event) => ({ ...event, prevKv: undefined }));
        const page = new WatchPage(1, known ? events : bare, history.revision, (name, revision) =>
          history.valueAt(name, revision - 1),
        );
        const one = watcher(watch(begin, end > begin ? end : "", { filters, prevKv }), next);
        const inRange = ({ kv }: Event): boolean => {
          const name = String.fromCharCode(...(kv?.key ?? []));
          return name >= one.range.begin && name < one.range.end;
        };
        const expected = (prevKv ? events : bare)
          .filter(inRange)
          .filter((event) => one.wants(event, event.kv?.modRevision ?? 0));
        const owed = owedBy(page, one, work);
        assert.deepEqual(owed.events.map(eventLine), expected.map(eventLine));
        assert.equal(owed.through, history.revision);
        assert.equal(page.bytesIn(one.range) > 0, events.some(inRange));
        if (!prevKv && next <= 2 && filters.length === 0) {
          assert.equal(owed.bytes, page.bytesIn(one.range));
        }
      },
    ),
  );
});

test("previous values of one revision end at 8 MB, the events do not", () => {
  const events = Array.from({ length: 20 }, (_, i) => deletion(`k${i}`, 7));
  const page = new WatchPage(1, events, 9, large(1_000_000));
  const owed = owedBy(page, watcher(watch("k", "l", { prevKv: true }), 1), 1_000_000);
  assert.equal(owed.events.length, 20);
  assert.equal(owed.through, 9);
  assert.equal(owed.events.filter(({ prevKv }) => prevKv).length, 8);
  assert.equal(maxPreviousBytes, 8_000_000);
  assert.ok(owed.turns > 1, "reading them was one turn's work");
});

test("a response goes on with another revision only while its previous values are few", () => {
  const events = Array.from({ length: 20 }, (_, i) => deletion(`k${i}`, 7 + i));
  const page = new WatchPage(1, events, 40, large(200_000));
  const one = watcher(watch("k", "l", { prevKv: true }), 1);
  const seen: number[] = [];
  for (let responses = 0; one.next <= 40; responses += 1) {
    assert.ok(responses < 30);
    const owed = owedBy(page, one, 100_000_000);
    assert.ok(owed.events.length <= 2);
    assert.ok(owed.events.every(({ prevKv }) => prevKv !== undefined));
    seen.push(...owed.events.map(({ kv }) => kv?.modRevision ?? 0));
    one.next = owed.through + 1;
  }
  assert.deepEqual(
    seen,
    events.map(({ kv }) => kv?.modRevision),
  );
});

test("a previous value is read once for all watches that want it", () => {
  let reads = 0;
  const events = Array.from({ length: 10 }, (_, i) => deletion(`k${i}`, 7));
  const page = new WatchPage(1, events, 7, () => {
    reads += 1;
    return undefined;
  });
  for (let i = 0; i < 5; i += 1) {
    owedBy(page, watcher(watch("k", "l", { prevKv: true }), 1), 1_000_000);
  }
  assert.equal(reads, 10);
});
