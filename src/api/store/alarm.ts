import { AlarmType } from "../../proto/generated/etcd.ts";

/** The name of an alarm's type. */
export function alarmName(type: number): string {
  return Object.entries(AlarmType).find(([, value]) => value === type)?.[0] ?? String(type);
}
