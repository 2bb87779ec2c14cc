import type { SimulatedCluster } from "../cluster.ts";
import type { Prng } from "../world/random.ts";

/**
 * One kind of thing that goes wrong. It chooses its victims when it begins, from a random stream of
 * its own. Returns what ends it; undefined where nothing is left to end; false where there was no
 * victim and nothing happened.
 */
export type Fault = (cluster: SimulatedCluster, random: Prng) => (() => void) | undefined | false;

/** A fault of the schedule. */
export interface Planned {
  readonly kind: string;
  readonly ordinal: number;
  readonly atUs: number;
  readonly durationUs: number;
}

/** How often a kind comes, and how long it stays; microseconds. */
export interface Rate {
  readonly everyUs: number;
  readonly lastsUs: number;
  /** Added to what chance gives. */
  readonly leastUs?: number;
}

/** The faults of a run, in the order of time: each kind comes at random, at its own rate. */
export function planFaults(
  random: Prng,
  rates: Readonly<Record<string, Rate>>,
  fromUs: number,
  untilUs: number,
): Planned[] {
  const plan: Planned[] = [];
  for (const [kind, { everyUs, lastsUs, leastUs = 0 }] of Object.entries(rates)) {
    const stream = random.fork(`plan/${kind}`);
    let atUs = fromUs;
    for (let ordinal = 0; ; ordinal++) {
      atUs += Math.ceil(stream.exponential(everyUs));
      const durationUs = leastUs + Math.ceil(Math.min(stream.exponential(lastsUs), 4 * lastsUs));
      if (atUs >= untilUs) break;
      plan.push({ kind, ordinal, atUs, durationUs });
    }
  }
  return plan.sort((a, b) => a.atUs - b.atUs);
}
