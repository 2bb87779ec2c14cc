import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmTable } from "../../../../src/kv/alarm/alarm-table.ts";
import { AlarmAction, AlarmType } from "../../../../src/proto/generated/etcd.ts";
import { CountingSink, recordsOf } from "../sink.ts";

class AlarmFixture {
  readonly sink = new CountingSink();
  readonly table = new AlarmTable(this.sink);

  do(action: number, memberID: number, alarm: number): string[] {
    const { alarms } = this.table.apply({ action, memberID: BigInt(memberID), alarm });
    assert.deepEqual(recordsOf(this.table), this.sink.present());
    return alarms.map((each) => `${each.memberID}:${each.alarm}`);
  }
}

const { GET, ACTIVATE, DEACTIVATE } = AlarmAction;
const { NONE, NOSPACE, CORRUPT } = AlarmType;

test("an alarm is raised once for each member and type, and says so each time", () => {
  const all = new AlarmFixture();
  assert.ok(!all.table.has(NOSPACE));
  assert.deepEqual(all.do(ACTIVATE, 2, NOSPACE), ["2:1"]);
  assert.deepEqual(all.do(ACTIVATE, 2, NOSPACE), ["2:1"]);
  assert.deepEqual(all.do(ACTIVATE, 2, CORRUPT), ["2:2"]);
  assert.deepEqual(all.do(ACTIVATE, 1, NOSPACE), ["1:1"]);
  assert.deepEqual(all.do(GET, 0, NONE), ["1:1", "2:1", "2:2"]);
  assert.deepEqual(all.do(GET, 1, CORRUPT), ["2:2"]);
  assert.ok(all.table.has(NOSPACE) && all.table.has(CORRUPT));
});

test("an alarm is taken back by member and type exactly, 0 is no wildcard", () => {
  const world = new AlarmFixture();
  world.do(ACTIVATE, 1, NOSPACE);
  assert.deepEqual(world.do(DEACTIVATE, 0, NOSPACE), []);
  assert.deepEqual(world.do(DEACTIVATE, 1, NONE), []);
  assert.deepEqual(world.do(DEACTIVATE, 1, NOSPACE), ["1:1"]);
  assert.deepEqual(world.do(DEACTIVATE, 1, NOSPACE), []);
  assert.ok(!world.table.has(NOSPACE));
});

test("raising no alarm, or one that there is not, does nothing", () => {
  const world = new AlarmFixture();
  assert.deepEqual(world.do(ACTIVATE, 1, NONE), []);
  assert.deepEqual(world.do(ACTIVATE, 1, 7), []);
  assert.deepEqual(world.do(9, 1, NOSPACE), []);
  assert.deepEqual(world.do(GET, 0, NONE), []);
});

test("a copy is equal, whatever the order in which alarms were raised", () => {
  const [one, other] = [new AlarmFixture(), new AlarmFixture()];
  for (const id of [3, 1, 2]) one.do(ACTIVATE, id, NOSPACE);
  for (const id of [2, 3, 1]) other.do(ACTIVATE, id, NOSPACE);
  assert.deepEqual(one.table.encode(), other.table.encode());
  const copy = new AlarmTable(new CountingSink());
  copy.decode(one.table.encode());
  assert.deepEqual(recordsOf(copy), one.sink.present());
  copy.decode(new Uint8Array(0));
  assert.deepEqual(copy.list(), []);
});
