import type { Fault } from "./fault.ts";

/** Commits of one object take many times as long. */
export const slowDisk: Fault = (cluster, random) => {
  const { disk } = cluster.objectAt(cluster.victim(random));
  const factor = random.between(5, 100);
  disk.slowness *= factor;
  return () => {
    disk.slowness /= factor;
  };
};

/** The next commit of one object fails. */
export const commitFails: Fault = (cluster, random) => {
  const object = cluster.objectAt(cluster.victim(random));
  if (object.live === undefined) return false;
  object.disk.failing = 1;
  return undefined;
};
