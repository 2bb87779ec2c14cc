import { addCounts, countsText, sumOf } from "../../support/counts.ts";
import type { Floors, Profile, ProfileName } from "./profiles.ts";
import { profiles } from "./profiles.ts";
import type { RunFigures, RunResult } from "./run.ts";

/** The sums of many seeds. */
export interface Totals {
  seeds: number;
  failures: number;
  simulatedSeconds: number;
  operations: number;
  answered: number;
  elections: number;
  restarts: number;
  snapshotsShipped: number;
  changes: number;
  readonly faults: Record<string, number>;
}

export function noTotals(): Totals {
  return {
    seeds: 0,
    failures: 0,
    simulatedSeconds: 0,
    operations: 0,
    answered: 0,
    elections: 0,
    restarts: 0,
    snapshotsShipped: 0,
    changes: 0,
    faults: {},
  };
}

export function addTo(totals: Totals, result: RunResult): void {
  const { figures } = result;
  totals.seeds += 1;
  totals.failures += result.violations.length > 0 ? 1 : 0;
  totals.simulatedSeconds += figures.simulatedSeconds;
  totals.operations += figures.operations;
  totals.answered += figures.answered;
  totals.elections += figures.elections;
  totals.restarts += figures.restarts;
  totals.snapshotsShipped += figures.snapshotsShipped;
  totals.changes += figures.changes;
  addCounts(totals.faults, figures.faults);
}

export function seedLine({ seed, profile, figures, violations }: RunResult): string {
  const verdict = violations.length > 0 ? "FAILED" : "ok";
  return `${verdict} seed ${seed} ${profile}: ${figureText(figures)}`;
}

function figureText(figures: RunFigures): string {
  return [
    `${figures.simulatedSeconds.toFixed(0)} s`,
    `${figures.operations} operations (${figures.unknown} unknown)`,
    `${figures.revisions} revisions`,
    `${figures.faultCount} faults`,
    `${figures.elections} elections`,
    `${figures.restarts} restarts`,
    `${figures.snapshotsShipped} snapshots shipped`,
    `${figures.changes} changes`,
    `${figures.leases} leases`,
  ].join(", ");
}

/** @param realSeconds how long all of it took. */
export function totalLine(totals: Totals, realSeconds: number): string {
  const rate = totals.simulatedSeconds / Math.max(realSeconds, 0.001);
  const faults = sumOf(totals.faults);
  return [
    `${totals.seeds} seeds`,
    `${totals.failures} failures`,
    `${(totals.simulatedSeconds / 3_600).toFixed(2)} simulated hours`,
    `${totals.operations} operations`,
    `${faults} faults`,
    `${totals.elections} elections`,
    `${totals.restarts} restarts`,
    `${totals.snapshotsShipped} snapshots shipped`,
    `${totals.changes} changes`,
    `${rate.toFixed(0)} simulated seconds a second`,
  ].join(", ");
}

export function faultLine(totals: Totals): string {
  return `faults: ${countsText(totals.faults) || "none"}`;
}

/** What a seed lacks by itself: operations. Everything else may be few in one, not in many. */
export function belowSeedFloor({ seed, profile, figures, violations }: RunResult, seconds: number) {
  const floor = profiles[profile].floors.operationsPerSecond * seconds;
  if (violations.length > 0 || figures.operations >= floor) return [];
  return [`${profile}: ${figures.operations} operations in seed ${seed}, floor ${floor}`];
}

/** Fewer seeds have no averages: in one of them a kind of fault may just not come. */
const seedsForAverages = 3;

/** What a run of a profile lacks to prove anything. */
export function belowFloors(name: ProfileName, totals: Totals, seconds: number): string[] {
  if (totals.seeds < seedsForAverages) return [];
  const profile: Profile = profiles[name];
  const floors: Floors = profile.floors;
  const faults = sumOf(totals.faults);
  const figures: [what: string, is: number, floor: number][] = [
    ["operations", totals.operations, floors.operationsPerSecond * seconds],
    ["answered operations", totals.answered, floors.answeredPerSecond * seconds],
    ["faults", faults, floors.faults * (seconds / 60)],
    ["elections", totals.elections, floors.elections * (seconds / 60)],
    ["snapshots shipped", totals.snapshotsShipped, floors.snapshotsShipped * (seconds / 60)],
    ["restarts", totals.restarts, floors.restarts * (seconds / 60)],
    ["changes", totals.changes, floors.changes * (seconds / 60)],
  ];
  const low = figures
    .filter(([, is, floor]) => is < floor * totals.seeds)
    .map(([what, is, floor]) => `${name}: ${is} ${what}, floor ${floor * totals.seeds}`);
  const missing = Object.entries(profile.rates).filter(([kind, { everyUs }]) => {
    // Where many are expected and none came, it is no chance.
    const expected = (totals.seeds * seconds * 1_000_000) / everyUs;
    return expected > 8 && totals.faults[kind] === undefined;
  });
  if (missing.length === 0) return low;
  return [...low, `${name}: never a fault of kind ${missing.map(([kind]) => kind).join(", ")}`];
}

export function failureText(result: RunResult, shortest: RunResult, lines: number): string {
  const { seed, profile, naps } = result;
  const violations = shortest.violations.map(
    ({ check, message, atMs }) => `  [${check}] at ${atMs} ms: ${message}`,
  );
  return [
    `seed ${seed} of ${profile} violates:`,
    ...violations,
    `the shortest fault schedule that fails has ${shortest.begun} faults (of ${result.begun})`,
    "last steps:",
    ...shortest.tail.slice(-lines).map((line) => `  ${line}`),
    `to reproduce: npm run sim -- --seed ${seed} --profile ${profile}${naps ? " --naps" : ""}`,
  ].join("\n");
}
