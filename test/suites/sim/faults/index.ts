import type { Fault } from "./fault.ts";
import {
  flapping,
  isolate,
  isolateLeader,
  loss,
  oneWay,
  partial,
  partition,
  reset,
  slowLinks,
} from "./network.ts";
import {
  crash,
  crashAll,
  crashInTurn,
  crashLoop,
  deploy,
  deserted,
  evict,
  hibernate,
  supersede,
  usurped,
} from "./process.ts";
import {
  commitFails,
  damagedBase,
  damagedSnapshot,
  damagedWal,
  forgotten,
  slowDisk,
  struckInstallation,
  wiped,
} from "./storage.ts";
import { alarmLate, alarmLost, alarmRepeated, clockFrozen, clockJump, clockOff } from "./time.ts";

/** All kinds of faults by the names that profiles and reports use. */
export const faults = {
  partition,
  isolate,
  "isolate-leader": isolateLeader,
  "one-way": oneWay,
  partial,
  flapping,
  "slow-links": slowLinks,
  loss,
  reset,
  crash,
  "crash-in-turn": crashInTurn,
  "crash-loop": crashLoop,
  "crash-all": crashAll,
  evict,
  hibernate,
  supersede,
  usurped,
  deserted,
  deploy,
  "slow-disk": slowDisk,
  "commit-fails": commitFails,
  "damaged-snapshot": damagedSnapshot,
  "struck-installation": struckInstallation,
  "damaged-wal": damagedWal,
  "damaged-base": damagedBase,
  wiped,
  forgotten,
  "clock-jump": clockJump,
  "clock-off": clockOff,
  "clock-frozen": clockFrozen,
  "alarm-late": alarmLate,
  "alarm-lost": alarmLost,
  "alarm-repeated": alarmRepeated,
} as const satisfies Record<string, Fault>;

export type FaultKind = keyof typeof faults;
