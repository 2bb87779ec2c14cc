import type { SimulatedCluster } from "../cluster.ts";
import type { MemberObject } from "../world/object.ts";
import type { Prng } from "../world/random.ts";
import type { Fault } from "./fault.ts";

/** The process dies, and nothing reaches the object until the fault ends. */
function strike(object: MemberObject, reason: string): () => void {
  object.down = true;
  if (object.live !== undefined) object.lose(object.live, reason);
  return () => {
    object.down = false;
  };
}

function victim(cluster: SimulatedCluster, random: Prng): MemberObject {
  return cluster.objectAt(cluster.victim(random));
}

/** A process dies between two turns. */
export const crash: Fault = (cluster, random) => {
  const object = victim(cluster, random);
  if (object.down || object.live === undefined) return false;
  return strike(object, "crash");
};

/** A process dies in the middle of a turn, and is back at once. */
export const crashInTurn: Fault = (cluster, random) => {
  const { live } = victim(cluster, random);
  if (live === undefined) return false;
  live.dieAfter(random.chance(0.5) ? random.below(6) : random.below(60));
  return undefined;
};

/** Dies again and again in its first steps after a start. */
export const crashLoop: Fault = (cluster, random) => {
  const object = victim(cluster, random);
  if (object.down || object.live === undefined) return false;
  object.stepsAfterStart = () => random.below(200);
  object.lose(object.live, "crash loop");
  return () => {
    object.stepsAfterStart = undefined;
  };
};

/** All processes die at once. */
export const crashAll: Fault = (cluster) => {
  const ends = cluster.objects.filter(({ down }) => !down).map((object) => strike(object, "power"));
  if (ends.length === 0) return false;
  return () => {
    for (const end of ends) end();
  };
};

/** Memory is lost, storage and accepted sockets are kept. */
export const evict: Fault = (cluster, random) => {
  return victim(cluster, random).evict() ? undefined : false;
};

/** What the platform does to objects that nothing holds, sooner than it would. */
export const hibernate: Fault = (cluster, random) => {
  const idle = cluster.objects.filter(({ live, accepted }) => live?.idle && accepted.size === 0);
  const gone = idle.filter((object) => random.chance(0.7) && object.evict());
  return gone.length > 0 ? undefined : false;
};

/** A second instance of a member is made while the first still runs. */
export const supersede: Fault = (cluster, random) => {
  const object = victim(cluster, random);
  if (!object.supersede()) return false;
  cluster.poke(object);
  return () => {
    for (const zombie of object.zombies) object.lose(zombie, "superseded");
  };
};

/** Cuts ways in both directions; the returned function mends them. */
function cutBetween(
  cluster: SimulatedCluster,
  pairs: readonly (readonly [string, string])[],
): () => void {
  const { network } = cluster.world;
  const links = pairs.flatMap(([a, b]) => [network.link(a, b), network.link(b, a)]);
  for (const link of links) link.cut();
  return () => {
    for (const link of links) link.mend();
  };
}

/**
 * A member is superseded, and does not know it; its old instance and one friend hear each other and
 * nobody else, while its new instance and the others go on without them. The leader is one of the
 * two old friends. What they say to each other must never become a client's answer.
 */
function usurp(cluster: SimulatedCluster, old: MemberObject, friend: string): () => void {
  let mend: (() => void) | undefined;
  const begin = (): void => {
    if (!old.supersede()) return;
    cluster.poke(old);
    const zombie = `${old.place}~`;
    const others = cluster.places.filter((place) => place !== friend && place !== old.place);
    mend = cutBetween(cluster, [
      [friend, old.place],
      ...others.flatMap((other) => [[friend, other] as const, [zombie, other] as const]),
    ]);
    cluster.world.say(friend, `is left alone with ${zombie}`);
  };
  const forget = whenQuiet(cluster, old, begin);
  return () => {
    forget();
    mend?.();
    for (const instance of old.zombies) old.lose(instance, "superseded");
  };
}

const quietPollUs = 500;
const quietBoundUs = 400_000;

/**
 * Waits a little for a moment in which the member writes nothing: an instance that is superseded
 * while a commit is under way never opens its gate again, and nobody hears from it.
 */
function whenQuiet(cluster: SimulatedCluster, object: MemberObject, run: () => void): () => void {
  const { scheduler } = cluster.world;
  const untilUs = scheduler.nowUs + quietBoundUs;
  let over = false;
  const look = (): void => {
    if (over) return;
    const busy = (object.live?.commitsInFlight ?? 0) > 0 && scheduler.nowUs < untilUs;
    if (busy) scheduler.after(quietPollUs, look);
    else run();
  };
  look();
  return () => {
    over = true;
  };
}

/** The leader is superseded; a follower stays with the old instance. */
export const usurped: Fault = (cluster, random) => {
  const leader = cluster.objects.find(({ id }) => id === cluster.leaderId());
  if (leader === undefined || cluster.objects.length < 3) return false;
  return usurp(
    cluster,
    leader,
    random.pick(cluster.places.filter((place) => place !== leader.place)),
  );
};

/** A follower is superseded; the leader stays with the old instance. */
export const deserted: Fault = (cluster, random) => {
  const leader = cluster.objects.find(({ id }) => id === cluster.leaderId());
  if (leader === undefined || cluster.objects.length < 3) return false;
  const followers = cluster.objects.filter((object) => object !== leader);
  return usurp(cluster, random.pick(followers), leader.place);
};

/**
 * New code: every object restarts within seconds, and until the last has, old and new code run side
 * by side.
 */
export const deploy: Fault = (cluster, random) => {
  const { world } = cluster;
  world.newestVersion += 1;
  const version = world.newestVersion;
  for (const object of cluster.objects) {
    world.scheduler.after(random.below(8_000_000), () => {
      const { live } = object;
      object.version = Math.max(object.version, version);
      if (live === undefined || object.down) return;
      object.lose(live, "deployed");
      cluster.poke(object);
    });
  }
  return undefined;
};
