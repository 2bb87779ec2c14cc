import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addCounts, type Counts, countsText, sumOf } from "../../support/counts.ts";
import type { TxnInput } from "../sim/check/kv-model.ts";
import type { RoundResult } from "./round.ts";

/** What a round must have for it to prove anything. Generous: machines have other things to do. */
const floors = {
  answeredPerSecond: 5,
  /** Of the faults that were planned, of each kind. */
  faultShare: 0.5,
  elections: 2,
  leases: 1,
  comparedFingerprints: 10,
} as const;

/** The sums of several rounds. */
export class RoundTotals {
  rounds = 0;
  failures = 0;
  seconds = 0;
  answered = 0;
  unknown = 0;
  elections = 0;
  starts = 0;
  snapshotsShipped = 0;
  readonly faults: Record<string, number> = {};

  add({ figures, violations }: RoundResult): void {
    this.rounds += 1;
    this.failures += violations.length > 0 ? 1 : 0;
    this.seconds += figures.seconds;
    this.answered += figures.answered;
    this.unknown += figures.unknown;
    this.elections += figures.elections;
    this.starts += figures.starts;
    this.snapshotsShipped += figures.snapshotsShipped;
    addCounts(this.faults, figures.faults);
  }

  line(): string {
    return [
      `${this.rounds} rounds`,
      `${this.failures} failures`,
      `${(this.seconds / 60).toFixed(1)} minutes`,
      `${this.answered} operations answered`,
      `${this.unknown} unknown`,
      `${sumOf(this.faults)} faults`,
      `${this.elections} elections`,
      `${this.starts} starts of workerd`,
      `${this.snapshotsShipped} snapshots shipped`,
    ].join(", ");
  }
}

export function faultText(faults: Counts): string {
  return countsText(faults) || "no faults";
}

export function roundLine({ options, figures, violations }: RoundResult): string {
  return [
    `${violations.length > 0 ? "FAILED" : "ok"} seed ${options.seed} ${options.layout}`,
    `${figures.seconds.toFixed(0)} s`,
    `${figures.operations} operations (${figures.unknown} unknown)`,
    `${figures.revisions} revisions`,
    `${faultText(figures.faults)} (of ${figures.planned} planned)`,
    `${figures.elections} elections`,
    `${figures.starts} starts of workerd`,
    `${figures.instances} instances`,
    `${figures.snapshotsShipped} snapshots shipped`,
    `${figures.leases} leases`,
    `${figures.compared} fingerprints compared`,
  ].join(", ");
}

/** What the round lacks to prove anything. */
export function roundBelowFloors({ options, figures, planned }: RoundResult): string[] {
  const wanted: [what: string, is: number, floor: number][] = [
    ["operations answered", figures.answered, floors.answeredPerSecond * options.seconds],
    ["elections", figures.elections, floors.elections],
    ["leases", figures.leases, floors.leases],
    ["fingerprints compared", figures.compared, floors.comparedFingerprints],
  ];
  for (const [kind, group] of Map.groupBy(planned, (fault) => fault.kind)) {
    const is = (figures.faults as Counts)[kind] ?? 0;
    wanted.push([`faults of kind ${kind}`, is, Math.ceil(floors.faultShare * group.length)]);
  }
  return wanted
    .filter(([, is, floor]) => is < floor)
    .map(([what, is, floor]) => `seed ${options.seed}: ${is} ${what}, floor ${floor}`);
}

/**
 * Writes down how it came to the violations: the faults, and the operations and events of the keys
 * that they speak of (of all keys where they name none). Returns the path.
 */
function writeHistory(result: RoundResult): string {
  const { options, violations, world, seen } = result;
  const folder = mkdtempSync(join(tmpdir(), "durable-raft-chaos-"));
  const path = join(folder, `${options.layout}-${options.seed}.txt`);
  const named = violations.flatMap(({ message }) => message.match(/\bf\d+(?=\/|:)/g) ?? []);
  const families = new Set(named.length > 0 ? named : seen.history.families.keys());
  const lines = [
    ...violations.map(({ check, message, atMs }) => `[${check}] at ${atMs} ms: ${message}`),
    "",
    "faults and elections:",
    ...world.milestones,
    ...[...families].sort().flatMap((family) => ["", ...familyLines(result, family)]),
    "",
    "what clients said last:",
    ...world.lastLines.slice(-300),
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function familyLines({ seen }: RoundResult, family: string): string[] {
  const { history, watchLogs } = seen;
  const prefix = `${family}/`;
  const answers = history.answers.filter(({ input }) => touches(input, prefix));
  const unknown = (history.families.get(family) ?? []).filter(({ output }) => !output);
  const shown = [
    ...answers.map((answer) => ({ ...answer, how: ` by ${answer.by}, ${answer.reading}` })),
    ...unknown.map((operation) => ({ ...operation, how: "" })),
  ]
    .sort((a, b) => a.callAt - b.callAt)
    .map(({ callAt, returnAt, name, how, input, output }) => {
      const [asked, told] = [input, output].map((value) => JSON.stringify(value));
      return `${callAt} .. ${returnAt} us ${name}${how}: ${asked} -> ${told ?? "unknown"}`;
    });
  const events = watchLogs
    .filter(({ watches }) => watches(prefix))
    .flatMap(({ name, log }) =>
      [...log.revisions.values()].flat().flatMap(({ key, revision, value }) => {
        return key.startsWith(prefix) ? [`${name} saw ${key}=${value}@${revision}`] : [];
      }),
    );
  return [`operations on ${prefix}*:`, ...shown, "", `events of ${prefix}*:`, ...events];
}

function touches({ compares, success, failure }: TxnInput, prefix: string): boolean {
  return [...compares, ...success, ...failure].some(({ key }) => key.startsWith(prefix));
}

/** The lines about a round that failed. */
export function roundFailureText(result: RoundResult): string {
  const { seed, members, clients, seconds, layout, pace } = result.options;
  const shown = result.violations
    .slice(0, 10)
    .map(({ check, message, atMs }) => `  [${check}] at ${atMs} ms: ${message}`);
  const flags = [
    `--seed ${seed} --layout ${layout} --members ${members} --clients ${clients}`,
    `--seconds ${seconds} --every ${pace.everyMs / 1_000} --lasts ${pace.lastsMs / 1_000}`,
  ].join(" ");
  return [
    `seed ${seed} violates:`,
    ...shown,
    `the history is in ${writeHistory(result)}`,
    `the same faults again: npm run chaos -- ${flags} --minutes 0`,
  ].join("\n");
}
