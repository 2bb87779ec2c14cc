import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errors } from "../../../../src/etcd/errors.ts";
import { WatchRoom, WatchSeat, watchKeyFault, watchLimits } from "../../../../src/kv/watch/room.ts";

function enter(room: WatchRoom, client: string): WatchSeat {
  const seat = room.enter(client);
  assert.ok(seat instanceof WatchSeat, "no seat");
  return seat;
}

/** Takes watches until there is no room for another; returns how many, and why no more. */
function fill(seat: WatchSeat, bytes = 10): { count: number; reason: ErrorKind } {
  for (let count = 0; ; count += 1) {
    const reason = seat.take(bytes);
    if (reason !== undefined) return { count, reason };
  }
}

test("one stream takes a third of a member's watches, and one client half of them", () => {
  const room = new WatchRoom(900);
  const first = fill(enter(room, "a"));
  assert.deepEqual(first, { count: 300, reason: errors.tooManyWatches });
  for (let i = 0; i < 20; i += 1) fill(enter(room, "a"));
  // The first watch of each stream is for nobody's share.
  assert.ok(room.watches.used <= 450 + 21, `${room.watches.used}`);
  assert.ok(room.watches.used >= 449, `${room.watches.used}`);
  assert.ok(fill(enter(room, "b")).count > 100);
});

test("a stream's first watch is taken as long as there is room at all", () => {
  const room = new WatchRoom(10);
  fill(enter(room, "a"));
  while (room.watches.free > 0) assert.equal(enter(room, "a").take(10), undefined);
  assert.equal(room.watches.used, 10);
  assert.equal(room.enter("b"), errors.tooManyWatches);
});

test("clients that cannot be told apart have all of it together", () => {
  const room = new WatchRoom(30);
  for (let i = 0; i < 30; i += 1) assert.equal(enter(room, "").take(10), undefined);
  assert.equal(room.enter(""), errors.tooManyWatches);
});

test("of the streams one client has half, others the rest", () => {
  const room = new WatchRoom();
  const half = watchLimits.maxStreams / 2;
  for (let i = 0; i < half; i += 1) enter(room, "a");
  assert.equal(room.enter("a"), errors.tooManyStreams);
  enter(room, "b");
});

test("what ends makes room", () => {
  const room = new WatchRoom();
  const seats = Array.from({ length: 3 }, () => enter(room, "a"));
  for (const seat of seats)
    for (let i = 0; i < 5; i += 1) assert.equal(seat.take(50_000), undefined);
  assert.equal(room.keyBytes.used, 15 * (50_000 - 256));
  for (const seat of seats) for (let i = 0; i < 5; i += 1) seat.release(50_000);
  for (const seat of seats) seat.leave();
  assert.deepEqual([room.keyBytes.used, room.watches.used], [0, 0]);
  assert.equal(room.watches.of("a"), 0);
});

test("long keys are counted by their bytes, short ones only by their number", () => {
  const room = new WatchRoom();
  const { count, reason } = fill(enter(room, "a"), 2 * watchLimits.maxOneKeyBytes);
  assert.equal(reason, errors.tooManyWatchBytes);
  assert.ok(count * 2 * watchLimits.maxOneKeyBytes < watchLimits.maxKeyBytes / 2, `${count}`);
  const other = enter(room, "b");
  for (let i = 0; i < 100; i += 1) assert.equal(other.take(200), undefined);
});

test("neither end of a watch is larger than 64 KiB", () => {
  const most = new Uint8Array(watchLimits.maxOneKeyBytes);
  const more = new Uint8Array(watchLimits.maxOneKeyBytes + 1);
  assert.equal(watchKeyFault(most, most), undefined);
  assert.equal(watchKeyFault(more, new Uint8Array()), errors.watchKeyTooLarge);
  assert.equal(watchKeyFault(most, more), errors.watchKeyTooLarge);
});
