import type { Fault } from "./fault.ts";

/** A clock jumps, in either direction, by up to minutes. */
export const clockJump: Fault = (cluster, random) => {
  const { clock } = cluster.objectAt(cluster.victim(random));
  const byMs = random.between(-120_000, 120_000);
  clock.jump(byMs);
  return () => clock.jump(-byMs);
};

/** A clock is wrong by less than half a second, so that two of them differ by less than one. */
export const clockOff: Fault = (cluster, random) => {
  const { clock } = random.pick(cluster.objects);
  const byMs = random.between(-200, 200);
  clock.jump(byMs);
  return () => clock.jump(-byMs);
};

/** A clock stands still. */
export const clockFrozen: Fault = (cluster, random) => {
  const { clock } = cluster.objectAt(cluster.victim(random));
  clock.freeze();
  return () => clock.thaw();
};

/** Alarms of one object come late. */
export const alarmLate: Fault = (cluster, random) => {
  const object = cluster.objectAt(cluster.victim(random));
  const byUs = random.below(60_000_000);
  object.alarmLateUs += byUs;
  return () => {
    object.alarmLateUs -= byUs;
  };
};

/** The platform loses an alarm: six retries have failed. */
export const alarmLost: Fault = (cluster, random) => {
  cluster.objectAt(cluster.victim(random)).dropAlarm();
  return undefined;
};

/** An alarm comes although it is not due, or once more. */
export const alarmRepeated: Fault = (cluster, random) => {
  const object = cluster.objectAt(cluster.victim(random));
  if (object.down) return false;
  object.repeatAlarm();
  return undefined;
};
