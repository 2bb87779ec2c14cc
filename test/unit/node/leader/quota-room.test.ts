import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../../../../src/node/leader/quota-room.ts";
import { AlarmAction, type AlarmMember, AlarmType } from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";

const tickMs = 1_000;
const minute = 60;

/** A leader whose store holds 10 bytes of history a revision, one of which comes each second. */
function leader(quotaBytes: number, compacts = true) {
  const alarms: AlarmMember[] = [];
  const proposed: string[] = [];
  const machine = {
    revision: 1,
    compactRevision: -1,
    alarms: { list: () => alarms },
    status: {
      get storedBytes() {
        return 10 * (machine.revision - Math.max(0, machine.compactRevision));
      },
      revisionFreeing: (bytes: number) =>
        Math.max(0, machine.compactRevision) + Math.ceil(bytes / 10),
    },
  };
  const room = new Room({
    ...{ compacts, quotaBytes, machine, tickMs },
    propose: (data, ended) => {
      const { compaction, alarm, requestId } = Request.decode(data);
      assert.equal(requestId.length, 0, "the cluster's own");
      if (compaction) {
        proposed.push(`compaction ${compaction.revision} at ${machine.revision}`);
        machine.compactRevision = compaction.revision;
      }
      if (alarm) {
        assert.equal(alarm.action, AlarmAction.DEACTIVATE);
        proposed.push(`disarm ${alarm.memberID} ${alarm.alarm}`);
        alarms.splice(0);
      }
      ended?.();
    },
  });
  const run = (seconds: number, writing = true) => {
    for (let i = 0; i < seconds; i++) {
      room.tick();
      if (writing) machine.revision += 1;
    }
    return proposed.splice(0);
  };
  return { room, machine, alarms, run };
}

test("history beyond three quarters of the quota goes early, down to half", () => {
  const { room, run } = leader(8_000);
  room.leading();
  assert.deepEqual(run(600), [], "three quarters are not taken");
  assert.deepEqual(run(10), ["compaction 210 at 610"]);
  assert.deepEqual(run(200), []);
  room.followed();
  assert.deepEqual(run(1_000), [], "who follows leaves it to the leader");
});

test("history of the last five minutes stays, whatever it takes", () => {
  const { room, run, machine } = leader(1_000);
  room.leading();
  assert.deepEqual(run(5 * minute), []);
  run(60 * minute);
  const kept = machine.revision - machine.compactRevision;
  assert.ok(kept >= 5 * minute && kept <= 6 * minute, `${kept} seconds`);
});

test("a cluster that does not compact by itself is left alone", () => {
  const { room, run, alarms } = leader(1_000, false);
  room.leading();
  alarms.push({ memberID: 1n, alarm: AlarmType.NOSPACE });
  room.compacted();
  assert.deepEqual(run(3_600), []);
});

test("the alarm is taken back once a compaction of the cluster's own has made room", () => {
  const { room, run, alarms, machine } = leader(8_000);
  room.leading();
  alarms.push({ memberID: 3n, alarm: AlarmType.NOSPACE });
  room.compacted();
  assert.deepEqual(run(0), ["disarm 3 1"]);
  machine.revision = 1;
  alarms.push({ memberID: 3n, alarm: AlarmType.NOSPACE });
  assert.deepEqual(run(600), [], "without a compaction of its own nothing is taken back");
  machine.revision += 100;
  room.compacted();
  assert.deepEqual(run(0), [], "there is no room yet");
  machine.revision -= 100;
  assert.deepEqual(run(10), ["compaction 210 at 610", "disarm 3 1"]);
});
