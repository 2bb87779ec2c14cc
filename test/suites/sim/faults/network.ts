import type { SimulatedCluster } from "../cluster.ts";
import type { Link } from "../world/link.ts";
import type { Prng } from "../world/random.ts";
import type { Fault } from "./fault.ts";

type Way = readonly [from: string, to: string];

/** Cuts ways now; the returned function mends them. */
function cut(cluster: SimulatedCluster, ways: readonly Way[]): () => void {
  const links = ways.map(([from, to]) => cluster.world.network.link(from, to));
  for (const link of links) link.cut();
  return () => {
    for (const link of links) link.mend();
  };
}

const both = (a: string, b: string): Way[] => [
  [a, b],
  [b, a],
];

const across = (left: readonly string[], right: readonly string[]): Way[] =>
  left.flatMap((a) => right.flatMap((b) => both(a, b)));

/** Splits members into two groups, clients staying with both or with one. */
export const partition: Fault = (cluster, random) => {
  const places = random.shuffled(cluster.places);
  if (places.length < 2) return false;
  const size = random.between(1, places.length - 1);
  return cut(cluster, across(places.slice(0, size), places.slice(size)));
};

/** Nobody reaches one member: the leader, half of the time. */
export const isolate: Fault = (cluster, random) => {
  const victim = cluster.victim(random);
  const others = cluster.places.filter((place) => place !== victim);
  const clients = random.chance(0.5) ? cluster.clientPlaces : [];
  return cut(cluster, across([victim], [...others, ...clients]));
};

/** The leader alone is cut off from the other members, and clients go on reaching everybody. */
export const isolateLeader: Fault = (cluster) => {
  const leader = cluster.objects.find(({ id }) => id === cluster.leaderId())?.place;
  if (leader === undefined || cluster.places.length < 3) return false;
  const others = cluster.places.filter((place) => place !== leader);
  return cut(cluster, across([leader], others));
};

/** Frames and calls pass in one direction only. */
export const oneWay: Fault = (cluster, random) => {
  const victim = cluster.victim(random);
  const others = cluster.places.filter((place) => place !== victim);
  const outward = random.chance(0.5);
  return cut(
    cluster,
    others.map((other): Way => (outward ? [victim, other] : [other, victim])),
  );
};

/** Two members do not reach each other, everybody else does. */
export const partial: Fault = (cluster, random) => {
  const [a, b] = random.shuffled(cluster.places);
  if (a === undefined || b === undefined) return false;
  return cut(cluster, both(a, b));
};

/** A way that opens and closes again and again. */
export const flapping: Fault = (cluster, random) => {
  const victim = cluster.victim(random);
  const others = cluster.places.filter((place) => place !== victim);
  const ways = random.chance(0.5) ? across([victim], others) : both(victim, random.pick(others));
  let mend: (() => void) | undefined;
  let over = false;
  const flip = (): void => {
    if (over) return;
    if (mend === undefined) mend = cut(cluster, ways);
    else {
      mend();
      mend = undefined;
    }
    cluster.world.scheduler.after(50_000 + random.exponential(500_000), flip);
  };
  flip();
  return () => {
    over = true;
    mend?.();
  };
};

/** Changes links for a while, those that are made meanwhile too. */
function rule(cluster: SimulatedCluster, change: (link: Link) => void, undo: (link: Link) => void) {
  const { linkRules, network } = cluster.world;
  for (const link of network.links) change(link);
  linkRules.add(change);
  return () => {
    linkRules.delete(change);
    for (const link of network.links) undo(link);
  };
}

const touches = (link: Link, place: string): boolean => link.from === place || link.to === place;

/** Everything from and to one member takes many times as long. */
export const slowLinks: Fault = (cluster, random) => {
  const victim = cluster.victim(random);
  const factor = random.between(3, 40);
  const change = (times: number) => (link: Link) => {
    if (touches(link, victim)) link.slowness *= times;
  };
  return rule(cluster, change(factor), change(1 / factor));
};

/** Calls and handshakes are lost, and calls come twice, everywhere. */
export const loss: Fault = (cluster, random) => {
  const lost = random.fraction() * 0.4;
  const doubled = random.fraction() * 0.3;
  const change = (sign: number) => (link: Link) => {
    link.loss = Math.max(0, link.loss + sign * lost);
    link.duplication = Math.max(0, link.duplication + sign * doubled);
  };
  return rule(cluster, change(1), change(-1));
};

/** Sockets break. */
export const reset: Fault = (cluster, random: Prng) => {
  let broken = 0;
  const everywhere = random.chance(0.3);
  const victim = cluster.victim(random);
  for (const a of cluster.places) {
    if (!everywhere && a !== victim) continue;
    for (const b of cluster.places) {
      if (a !== b) broken += cluster.world.network.resetSockets(a, b);
    }
  }
  return broken > 0 ? undefined : false;
};
