/** What an attack cost, held against its bounds. */

export type Unit = "s" | "ms" | "bytes" | "";

/** What is known of a figure before it is measured. Without `most` and `least` it is only shown. */
export interface Bound {
  readonly unit: Unit;
  readonly most?: number;
  readonly least?: number;
}

/** The figures of one attack by their names. */
export type Bounds = Readonly<Record<string, Bound>>;

/** What an attack came to. */
export interface Outcome {
  readonly figures: ReadonlyMap<string, number>;
  /** Figures that this machine does not let anybody measure, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Why the attack did not come to its end; "" where it did. */
  readonly failure: string;
}

/** shown: there is no bound. missing: there is one, and the attack did not measure it. */
export type Judgement = "held" | "beyond" | "shown" | "missing" | "skipped";

export interface AttackVerdict {
  readonly name: string;
  readonly bound: Bound;
  readonly value: number | undefined;
  readonly judgement: Judgement;
  /** Why it was skipped. */
  readonly reason: string;
}

/** Every figure of the table, in its order. Throws RangeError for one that the table lacks. */
export function judge(bounds: Bounds, { figures, skipped }: Outcome): readonly AttackVerdict[] {
  for (const name of [...figures.keys(), ...skipped.keys()]) {
    if (bounds[name] === undefined) throw new RangeError(`no bound says anything of "${name}"`);
  }
  return Object.entries(bounds).map(([name, bound]) => {
    const value = figures.get(name);
    const reason = skipped.get(name) ?? "";
    return { name, bound, value, reason, judgement: judgementOf(bound, value, reason) };
  });
}

function judgementOf({ most, least }: Bound, value: number | undefined, reason: string): Judgement {
  const bounded = most !== undefined || least !== undefined;
  if (value === undefined) {
    if (reason !== "") return "skipped";
    return bounded ? "missing" : "shown";
  }
  if (!bounded) return "shown";
  // What is not a number is within no bound.
  const held =
    (most === undefined || value <= most) &&
    (least === undefined || value >= least) &&
    !Number.isNaN(value);
  return held ? "held" : "beyond";
}

/** Whether everything is as it must be: a figure that is missing is as bad as one beyond. */
export function stands(verdicts: readonly AttackVerdict[], { failure }: Outcome): boolean {
  const bad: readonly Judgement[] = ["beyond", "missing"];
  return failure === "" && !verdicts.some(({ judgement }) => bad.includes(judgement));
}

/** One line of the report. */
export function lineOf({ name, bound, value, judgement, reason }: AttackVerdict): string {
  const shown = value === undefined ? "-" : written(value, bound.unit);
  const cells = [name.padEnd(66), shown.padStart(10), boundText(bound).padEnd(20), judgement];
  return `  ${cells.join("  ")}${reason === "" ? "" : `: ${reason}`}`;
}

function boundText({ unit, most, least }: Bound): string {
  const parts: string[] = [];
  if (least !== undefined) parts.push(`at least ${written(least, unit)}`);
  if (most !== undefined) parts.push(`at most ${written(most, unit)}`);
  return parts.join(", ");
}

/** A figure as a person reads it. */
export function written(value: number, unit: Unit): string {
  if (unit === "bytes") return `${(value / 1e6).toFixed(1)} MB`;
  if (unit === "s") return `${value.toFixed(2)} s`;
  if (unit === "ms") return `${value.toFixed(0)} ms`;
  return Number.isInteger(value) ? value.toLocaleString("en-US") : value.toFixed(2);
}
