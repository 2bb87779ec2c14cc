/** Carries out one attack within its time. */
import { type Attack, Report, type Stage } from "./attack.ts";
import { Target, type TargetOptions } from "./harness/target.ts";
import { type Bounds, judge, lineOf, stands } from "./judge.ts";

/** Starts clusters; in the tests of this, nothing. */
export type Start = (options: TargetOptions) => Promise<Pick<Target, "kill">>;

interface Chosen {
  readonly only?: readonly string[] | undefined;
  readonly part?: string | undefined;
}

/** Runs the attack and prints what it came to. Returns whether all its bounds held. */
export async function run(
  attack: Attack,
  bounds: Bounds,
  print: (line: string) => void,
  { start = Target.start, part }: { readonly start?: Start; readonly part?: string } = {},
): Promise<boolean> {
  print(`${attack.id} ${attack.name}: ${attack.what}`);
  const report = new Report((text) => print(`  . ${text}`));
  const begun = performance.now();
  const failure = await failureOf(attack, report, start, part);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  const outcome = report.outcome(failure);
  const verdicts = judge(bounds, outcome);
  for (const verdict of verdicts) print(lineOf(verdict));
  if (failure !== "") print(`  ! ${failure}`);
  const good = stands(verdicts, outcome);
  print(`  ${good ? "held" : "BEYOND ITS BOUNDS"} after ${seconds} s\n`);
  return good;
}

/**
 * Runs attacks one after the other.
 *
 * @param chosen `only`: their ids, `part`: of those that have parts, its name; undefined for all
 * @returns the exit status: 1 where any of them was not good
 */
export async function runAll(
  attacks: readonly Attack[],
  { only, part }: Chosen,
  bounds: Readonly<Record<string, Bounds>>,
  print: (line: string) => void,
  start?: Start,
): Promise<number> {
  const given = { ...(start && { start }), ...(part !== undefined && { part }) };
  const begun = performance.now();
  const beyond: string[] = [];
  for (const attack of attacks) {
    if (only !== undefined && !only.includes(attack.id)) continue;
    const good = await run(attack, bounds[attack.id] ?? {}, print, given);
    if (!good) beyond.push(`${attack.id} ${attack.name}`);
  }
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  const result = beyond.length === 0 ? "all bounds held" : `beyond bounds: ${beyond.join(", ")}`;
  print(`${result}; ${seconds} s`);
  return beyond.length === 0 ? 0 : 1;
}

/** Why the attack did not come to its end; "" where it did. */
async function failureOf(
  attack: Attack,
  report: Report,
  start: Start,
  part: string | undefined,
): Promise<string> {
  const started: Pick<Target, "kill">[] = [];
  let over = false;
  const stage: Stage = {
    report,
    wants: (name) => part === undefined || part === name,
    start: async (options) => {
      const target = await start(options);
      started.push(target);
      if (over) await target.kill();
      return target as Target;
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    const text = `it did not come to its end within ${attack.limitMs / 1_000} s`;
    timer = setTimeout(() => resolve(text), attack.limitMs);
  });
  const done = attack.run(stage).then(
    () => "",
    (error: unknown) => String(error instanceof Error ? error.stack : error),
  );
  const failure = await Promise.race([done, late]);
  clearTimeout(timer);
  over = true;
  await Promise.all(started.map((target) => target.kill()));
  return failure;
}
