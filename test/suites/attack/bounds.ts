/** The bounds of all attacks, and all figures that are shown without one. */
import { costs } from "./harness/meter.ts";
import type { Bound, Bounds } from "./judge.ts";

const seconds = (most: number): Bound => ({ unit: "s", most });
const waitOf = (mostSeconds: number): Bound => ({ unit: "ms", most: mostSeconds * 1_000 });
const count = (most: number): Bound => ({ unit: "", most });
const megabytes = (most: number): Bound => ({ unit: "bytes", most: most * 1e6 });
/** What is 1 where it is so, and 0 where it is not. */
const holds: Bound = { unit: "", least: 1 };

/** Of the whole process: three members, and the Worker with all that it does for its clients. */
const memory = megabytes(512);

/** The costs of every attack. Three members on one thread are three turns in a row. */
const common: Bounds = {
  [costs.cpu]: { unit: "s" },
  [costs.peak]: memory,
  [costs.final]: memory,
  [costs.descriptors]: count(500),
  [costs.disk]: { unit: "bytes" },
  [costs.objects]: { unit: "" },
  [costs.streams]: count(0),
  [costs.watchers]: count(0),
  [costs.put]: waitOf(4),
  [costs.read]: waitOf(4),
};

const strangers: Bounds = {
  "storages that strangers made": count(0),
  "alarms that strangers set": count(0),
  "objects that strangers woke": { unit: "" },
  "/health of an unused cluster becomes true, with the token": seconds(10),
  "/readyz of an unused cluster becomes true, with the token": seconds(10),
  "/health of an unused cluster becomes true, in development": seconds(10),
  "storages made of a cluster that CLUSTERS does not name": count(0),
};

/** A body of 4 MB holds nobody for more than half a second. */
const json: Bounds = {
  "bodies of 8, 16 and 64 kB from strangers that were read": count(0),
  "untrusted bodies: cpu for a megabyte": seconds(0.02),
  "untrusted bodies: memory above idle": megabytes(128),
  "trusted bodies, one at a time: cpu for a megabyte, worst shape": seconds(0.125),
  "trusted bodies, one at a time: memory above idle": megabytes(256),
  "trusted bodies of all shapes at once: memory above idle": memory,
  "a value in 100,000 frames: cpu, worst shape": seconds(6),
};

/** One hash is 14 ms, so that 300 of them are more than 4 s. */
const logins: Bounds = {
  "an unknown user and a known one: ratio of their times": count(2.5),
  "300 wrong passwords at once, one user: cpu": seconds(2.5),
  "300 wrong passwords at once, many users: cpu": seconds(2.5),
  "300 wrong passwords at once, unknown users: cpu": seconds(2.5),
  "the right password gets in after": seconds(15),
};

const walks: Bounds = {
  "the worst write: cpu of a member": seconds(1),
  "the worst read: cpu of a member": seconds(1),
  "10 watches from the first revision: cpu": seconds(10),
  "killed and started after the worst writes: until the next put": seconds(10),
  "a txn of 128 ranges by a user of 20 roles: cpu of a member": seconds(1),
};

/** Of the Worker and three members, which are one isolate here: 128 MB for each on the platform. */
const isolate = megabytes(512);
/**
 * Garbage may be as much again until it is collected. workerd's allocator gives hardly any page
 * back that was freed, so that the process stays about as large as it was at its peak.
 */
const process = megabytes(1_024);

const memories: Bounds = {
  "keys on one lease: held by the isolate": isolate,
  "watches: held by the isolate": isolate,
  "leases: held by the isolate": isolate,
  "users and roles: held by the isolate": isolate,
  "locks that wait: held by the isolate": isolate,
  "answers of txns: held by the isolate": isolate,
  "slow readers: held by the isolate": isolate,
  "everything at once: held by the isolate": isolate,
  "keys on one lease: memory above idle": process,
  "keys on one lease, started again: memory above a new process": memory,
  "keys on one lease, started again: until the next put": seconds(15),
  "watches: memory above idle": process,
  "leases: memory above idle": process,
  "users and roles: memory above idle": process,
  "locks that wait: memory above idle": process,
  "answers of txns: memory above idle": process,
  "slow readers: memory above idle": process,
  "everything at once: memory above idle": process,
  "everything at once, started again: memory above a new process": memory,
  "everything at once, started again: until the next put": seconds(15),
};

function left(what: string): Bounds {
  return {
    [`${what}: watch streams left`]: count(0),
    [`${what}: watchers left`]: count(0),
    [`${what}: descriptors left`]: count(60),
    // What nobody uses is given back when the allocator likes.
    [`${what}: memory above idle afterwards`]: memory,
  };
}

/** Three members take 12,288 streams and 30,000 watches: one client has a third of them at most. */
const watches: Bounds = {
  "streams that one client got": { unit: "", least: 16, most: 4_096 },
  "another client can watch beside all the streams": holds,
  "all the streams: memory above idle": memory,
  "watches that one socket got": { unit: "", least: 16, most: 10_000 },
  "another client can watch beside all the watchers": holds,
  "all the watchers: memory above idle": memory,
};

/**
 * etcd takes 40 of these overwrites with such a quota. While the disks of a majority are full there
 * is no leader: a member that holds writes nothing, not even its vote. What needs one is shown.
 */
const disk: Bounds = {
  "quota of 3 MB: overwrites of 100 kB that were taken": { unit: "", least: 10, most: 60 },
  "quota: NOSPACE shows": holds,
  "quota: /health says so": holds,
  "quota: reads go on": holds,
  "quota: a compaction is taken": holds,
  "quota: puts are taken again after": seconds(15),
  "full disk: overwrites of 100 kB that were taken": { unit: "", least: 10 },
  "full disk: the refusal names it": holds,
  "full disk: /health names it": holds,
  "full disk: status names it": holds,
  "full disk: linearizable reads go on": { unit: "" },
  "full disk: serializable reads go on": holds,
  "full disk: a compaction is taken": { unit: "" },
  "full disk: a deletion is taken": { unit: "" },
  "full disk: after them puts are taken again after": { unit: "s" },
  "full disk, started again: reads go on": { unit: "" },
  "full disk, started again, with more room: puts are taken again after": seconds(20),
};

/** The figures of each attack by its id. */
export const bounds: Readonly<Record<string, Bounds>> = {
  "1": { ...strangers, ...common },
  "2": { ...json, ...common },
  "3": { ...logins, ...common },
  "4": { ...walks, ...common },
  "5": {
    ...memories,
    ...common,
    [costs.peak]: process,
    [costs.final]: process,
    // Members are full on purpose: the front asks them again for five seconds.
    [costs.put]: waitOf(8),
  },
  "6": { ...left("locks"), ...left("others"), ...common },
  "7": { ...watches, ...common },
  // Nobody else is there: a bystander would write into what is full.
  "8": {
    ...disk,
    ...common,
    [costs.put]: { unit: "ms" },
    [costs.read]: { unit: "ms" },
  },
};
