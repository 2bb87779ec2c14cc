import type { Planned } from "../../sim/faults/fault.ts";
import type { Prng } from "../../sim/world/random.ts";
import type { Layout } from "../cluster/cluster.ts";
import type { ChaosFaultKind } from "./faults.ts";

/** How many cards of each kind are in the deck that faults are dealt from. */
const decks: Readonly<Record<Layout, Readonly<Partial<Record<ChaosFaultKind, number>>>>> = {
  together: { "kill-all": 2, "pause-all": 2, evict: 3, "evict-all": 1, "cut-off": 2 },
  apart: {
    kill: 3,
    "kill-all": 1,
    pause: 3,
    "pause-all": 1,
    evict: 3,
    "evict-all": 1,
    "cut-off": 2,
  },
};

export const kindsOf = (layout: Layout): readonly ChaosFaultKind[] =>
  Object.keys(decks[layout]) as ChaosFaultKind[];

/** How often faults come and how long they stay, on average. */
export interface Pace {
  readonly everyMs: number;
  readonly lastsMs: number;
}

/**
 * The faults of a round, in the order of time. They are dealt like cards, so that no kind is
 * missing: first one of each, then from a deck which is shuffled again when it is used up.
 */
export function planRound(
  random: Prng,
  layout: Layout,
  durationMs: number,
  { everyMs, lastsMs }: Pace,
): Planned[] {
  const plan: Planned[] = [];
  const ordinals = new Map<string, number>();
  const deck = Object.entries(decks[layout]).flatMap(([kind, n]) => Array(n).fill(kind));
  let hand: string[] = random.shuffled(kindsOf(layout));
  for (let atMs = 0; ; ) {
    atMs += everyMs * (0.5 + random.fraction());
    if (atMs >= durationMs) return plan;
    if (hand.length === 0) hand = random.shuffled(deck);
    const kind = hand.pop() ?? "";
    const ordinal = (ordinals.get(kind) ?? 0) + 1;
    ordinals.set(kind, ordinal);
    const lasts = Math.min(0.1 * lastsMs + random.exponential(0.9 * lastsMs), 3 * lastsMs);
    plan.push({ kind, ordinal, atUs: atMs * 1_000, durationUs: lasts * 1_000 });
  }
}
