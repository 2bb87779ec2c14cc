/** Two lists of answers side by side. */
import { any, type Rule, rules } from "./accepted.ts";
import type { Answer } from "./normalise.ts";
import type { Step } from "./step.ts";

export interface Recording {
  /** Of the etcd that gave the answers. */
  readonly version: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface Comparison {
  readonly same: number;
  readonly differences: readonly string[];
}

/** Whether a server of that version has what came with `since`. */
export function has(version: string, since: string | undefined): boolean {
  if (since === undefined) return true;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = since.split(".").map(Number);
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

const ruleOf = (step: Step): Rule | undefined => rules.find(({ steps }) => steps.test(step.name));

/** What the target should answer: as the reference did, or as is written down. */
function expected(step: Step, reference: Recording): Answer | undefined {
  if ("options" in step && !has(reference.version, step.options.since)) {
    return step.options.expect as Answer;
  }
  const answer = reference.answers[step.name];
  return answer === undefined ? undefined : (ruleOf(step)?.expected(answer) ?? answer);
}

/** Whether an answer is the expected one, in which `any` stands for any value that is there. */
export function matches(wanted: unknown, given: unknown): boolean {
  if (wanted === any) return given !== undefined;
  if (typeof wanted !== "object" || wanted === null) return wanted === given;
  if (typeof given !== "object" || given === null) return false;
  if (Array.isArray(wanted) !== Array.isArray(given)) return false;
  const names = new Set([...Object.keys(wanted), ...Object.keys(given)]);
  const members = (value: object) => value as Readonly<Record<string, unknown>>;
  return [...names].every((name) => matches(members(wanted)[name], members(given)[name]));
}

const shown = (answer: unknown): string => JSON.stringify(answer);

/** Compares the target's answers with the reference's; every difference is a text. */
export function compare(
  script: readonly Step[],
  reference: Recording,
  target: ReadonlyMap<string, Answer>,
): Comparison {
  let same = 0;
  const differences: string[] = [];
  const unused = new Set(rules);
  for (const step of script) {
    const answer = target.get(step.name);
    if (answer === undefined) continue;
    const wanted = expected(step, reference);
    const rule = ruleOf(step);
    if (rule !== undefined) unused.delete(rule);
    if (matches(wanted, answer)) same += 1;
    else differences.push(`${step.name}\n  want ${shown(wanted)}\n  got  ${shown(answer)}`);
  }
  for (const { reason } of unused) differences.push(`accepted, but no step needs it: ${reason}`);
  return { same, differences };
}
