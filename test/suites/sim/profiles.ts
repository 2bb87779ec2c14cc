import { defaultTuning, type Tuning } from "../../../src/node/world/tuning.ts";
import type { Load } from "./clients/clients.ts";
import type { Operations } from "./clients/operator.ts";
import type { Rate } from "./faults/fault.ts";
import type { FaultKind } from "./faults/index.ts";

/** What a run of this profile must have on average for each seed; below it, it proves nothing. */
export interface Floors {
  /** Of every seed. */
  readonly operationsPerSecond: number;
  readonly answeredPerSecond: number;
  readonly faults: number;
  readonly elections: number;
  readonly snapshotsShipped: number;
  readonly restarts: number;
  readonly changes: number;
}

export interface Profile extends Load {
  /** Voters at birth; a seed picks one. */
  readonly sizes: readonly number[];
  readonly clients: number;
  readonly tuning: Tuning;
  /** Mean time of a commit, microseconds. */
  readonly commitMeanUs: number;
  /** How many regions members are spread over; a seed picks one. */
  readonly regions: readonly number[];
  readonly rates: Partial<Record<FaultKind, Rate>>;
  readonly operations: Operations;
  readonly floors: Floors;
}

const second = 1_000_000;
const rate = (everySeconds: number, lastsSeconds = 0, leastSeconds = 0): Rate => ({
  everyUs: everySeconds * second,
  lastsUs: lastsSeconds * second,
  leastUs: leastSeconds * second,
});

const noFloors: Floors = {
  operationsPerSecond: 50,
  answeredPerSecond: 30,
  faults: 0,
  elections: 1,
  snapshotsShipped: 0,
  restarts: 0,
  changes: 0,
};

const base: Profile = {
  sizes: [3],
  clients: 10,
  watchers: 3,
  leaseholders: 1,
  leaseTtls: [2, 8],
  compactEveryUs: 0,
  workload: {
    families: 6,
    keysPerFamily: 3,
    lanes: 4,
    thinkUs: 0.71 * second,
    burst: [6, 16],
    mostPending: 30,
    timeoutUs: 5 * second,
    readsAnywhere: 0.3,
    valueBytes: 40,
  },
  tuning: {
    ...defaultTuning,
    snapshotCount: 1_000,
    snapshotCatchUpEntries: 500,
    // As little as makes streams wait now and then.
    watchStreamBytes: 1_000,
    // A few events: what a turn changes is often more than its watches can be told in it.
    watchTurnWork: 30_000,
    scrubEveryMs: 2_000,
    compareEveryMs: 2_000,
  },
  commitMeanUs: 8_000,
  regions: [1, 3],
  rates: {},
  operations: { changeEveryUs: 0, moveLeaderEveryUs: 0, minVoters: 3, maxMembers: 5 },
  floors: noFloors,
};

const tiny: Partial<Tuning> = {
  snapshotCount: 60,
  snapshotCatchUpEntries: 20,
  maxMessageBytes: 2_000,
  chunkBytes: 2_000,
  checkpointSliceRows: 10,
  compactionSliceRows: 10,
  checkpointSliceBytes: 4_000,
};

/** By period: the other mode looks every five minutes. */
const autoCompaction: Tuning["autoCompaction"] = { mode: "periodic", periodMs: 6_000 };

const network: Profile["rates"] = {
  partition: rate(12, 3),
  isolate: rate(15, 3),
  "isolate-leader": rate(12, 4),
  "one-way": rate(20, 3),
  partial: rate(20, 4),
  flapping: rate(25, 4),
};

const lossy: Profile["rates"] = {
  loss: rate(8, 6),
  reset: rate(3),
  "slow-links": rate(12, 4),
};

const processes: Profile["rates"] = {
  crash: rate(12, 1.5),
  "crash-in-turn": rate(8),
  "crash-loop": rate(60, 3),
  "crash-all": rate(60, 1),
  evict: rate(15),
  supersede: rate(15, 6),
  usurped: rate(25, 2, 3),
  deserted: rate(25, 2, 3),
};

const disks: Profile["rates"] = {
  "slow-disk": rate(8, 5),
  "commit-fails": rate(10),
};

const damage: Profile["rates"] = {
  "damaged-snapshot": rate(12),
  "struck-installation": rate(20, 10),
  "damaged-wal": rate(40),
  "damaged-base": rate(40),
  wiped: rate(40),
  forgotten: rate(40, 2, 4),
};

/** Followers fall behind, get snapshots, and are struck right after. */
const installs: Profile["rates"] = {
  isolate: rate(12, 4),
  "damaged-snapshot": rate(10),
  "struck-installation": rate(10, 10),
};

const times: Profile["rates"] = {
  "clock-jump": rate(20, 8),
  "clock-frozen": rate(25, 5),
  "alarm-late": rate(25, 20),
  "alarm-lost": rate(20),
  "alarm-repeated": rate(15),
};

/** Sleeps that end as soon as they began, and those that do not. */
const naps: Profile["rates"] = {
  hibernate: rate(1),
  "clock-off": rate(4, 10),
  "alarm-repeated": rate(15),
};

/** Clients that let a cluster sleep between what they ask. */
const seldomAsked: Pick<Profile, "clients" | "watchers" | "leaseTtls" | "workload"> = {
  clients: 3,
  watchers: 2,
  leaseTtls: [3, 15],
  workload: { ...base.workload, lanes: 1, thinkUs: 2.5 * second, burst: [1, 4] },
};

const sleepy: Partial<Tuning> = { sleepAfterMs: 300, maxSleepAfterMs: 300 };

/**
 * A profile whose cluster also sleeps. Clocks that are wrong by more than a second, and alarms that
 * do not come in time, are not what a sleeping leader's leases are promised under.
 */
export function napping(profile: Profile): Profile {
  const { floors } = profiles.naps;
  const tuning = { ...profile.tuning, ...sleepy };
  const rates = { ...profile.rates, ...naps };
  for (const kind of ["clock-jump", "clock-frozen", "alarm-lost", "alarm-late"] as const) {
    delete rates[kind];
  }
  return { ...profile, ...seldomAsked, tuning, rates, floors };
}

/** The same faults, more seldom. */
function seldom(rates: Profile["rates"], factor: number): Profile["rates"] {
  return Object.fromEntries(
    Object.entries(rates).map(([kind, one]) => [kind, { ...one, everyUs: one.everyUs * factor }]),
  );
}

const changing: Operations = {
  changeEveryUs: 5 * second,
  moveLeaderEveryUs: 12 * second,
  minVoters: 3,
  maxMembers: 5,
};

export const profiles = {
  calm: { ...base, sizes: [1, 3, 3, 5] },
  lossy: {
    ...base,
    rates: lossy,
    floors: { ...noFloors, faults: 15 },
  },
  partitions: {
    ...base,
    sizes: [3, 5],
    tuning: { ...base.tuning, maxMessageBytes: 2_000 },
    rates: network,
    floors: { ...noFloors, faults: 8, elections: 3 },
  },
  crashes: {
    ...base,
    sizes: [3, 3, 3, 1],
    rates: { ...processes, ...times },
    floors: { ...noFloors, faults: 15, elections: 3, restarts: 10 },
  },
  "slow-disk": {
    ...base,
    rates: { ...disks, ...damage, ...seldom(processes, 3) },
    floors: { ...noFloors, faults: 12, elections: 3, restarts: 8 },
  },
  reads: {
    ...base,
    leaseholders: 0,
    workload: { ...base.workload, lanes: 5, readsAnywhere: 0.8 },
    rates: {
      usurped: rate(15, 2, 3),
      deserted: rate(15, 2, 3),
      supersede: rate(30, 5),
      "isolate-leader": rate(16, 3),
      partial: rate(20, 4),
      "slow-disk": rate(20, 5),
    },
    floors: { ...noFloors, faults: 10, elections: 4, restarts: 3 },
  },
  membership: {
    ...base,
    rates: seldom({ ...network, ...processes }, 3),
    operations: changing,
    floors: { ...noFloors, faults: 5, changes: 4 },
  },
  snapshots: {
    ...base,
    tuning: { ...base.tuning, ...tiny },
    compactEveryUs: 8 * second,
    rates: { ...seldom({ ...network, ...processes }, 4), ...installs },
    floors: { ...noFloors, faults: 12, elections: 3, restarts: 6, snapshotsShipped: 2 },
  },
  deploys: {
    ...base,
    tuning: { ...base.tuning, autoCompaction },
    rates: { deploy: rate(9), ...seldom({ ...lossy, ...processes }, 3) },
    floors: { ...noFloors, faults: 8, elections: 2, restarts: 12 },
  },
  naps: {
    ...base,
    ...seldomAsked,
    tuning: { ...base.tuning, ...sleepy },
    rates: { ...naps, ...seldom({ ...network, ...lossy, ...processes }, 4) },
    floors: {
      ...noFloors,
      operationsPerSecond: 0.5,
      answeredPerSecond: 0.3,
      faults: 20,
      restarts: 20,
    },
  },
  everything: {
    ...base,
    tuning: { ...base.tuning, ...tiny, snapshotCount: 100, autoCompaction },
    compactEveryUs: 8 * second,
    rates: {
      ...seldom({ ...network, ...lossy, ...processes, ...disks, ...damage, ...times }, 5),
      deploy: rate(40),
    },
    operations: { ...changing, changeEveryUs: 12 * second },
    floors: { ...noFloors, faults: 12, elections: 4, restarts: 7, snapshotsShipped: 2, changes: 1 },
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as ProfileName[];
