import type { Answered } from "../clients/history.ts";
import type { TxnInput, TxnOutput } from "./kv-model.ts";
import type { Chronicle } from "./watch.ts";

/**
 * What revisions promise (etcd's api_guarantees.md: revisions are strictly increasing, and order
 * all changes of the store; linearizable requests respect real time; a request is applied at most
 * once). Cheap checks over all keys, beside the search over each family of keys.
 */

export function wrote(input: TxnInput, { succeeded, found }: TxnOutput): boolean {
  const steps = succeeded ? input.success : input.failure;
  return steps.some(
    ({ kind }, i) => kind === "put" || (kind === "delete" && found[i] !== undefined),
  );
}

/** A linearizable answer's revision is not below that of any that was complete when it began. */
export function realTimeProblems(answers: readonly Answered[]): string[] {
  const problems: string[] = [];
  const linearizable = answers.filter(({ reading }) => reading === "linearizable");
  const byReturn = [...linearizable].sort((a, b) => a.returnAt - b.returnAt);
  const byCall = [...linearizable].sort((a, b) => a.callAt - b.callAt);
  let newest: Answered | undefined;
  let next = 0;
  for (const answer of byCall) {
    for (;;) {
      const other = byReturn[next];
      if (other === undefined || other.returnAt >= answer.callAt) break;
      if (newest === undefined || other.output.revision > newest.output.revision) newest = other;
      next += 1;
    }
    if (newest === undefined) continue;
    const { revision } = answer.output;
    const least = newest.output.revision + (wrote(answer.input, answer.output) ? 1 : 0);
    if (revision >= least) continue;
    problems.push(
      `${answer.name} (by ${answer.by}) is at revision ${revision}, although ` +
        `${newest.name} (by ${newest.by}) had ended at ${newest.output.revision}`,
    );
  }
  return problems;
}

/** No two writes share a revision. */
export function uniqueRevisionProblems(answers: readonly Answered[]): string[] {
  const owners = new Map<number, Answered>();
  const problems: string[] = [];
  for (const answer of answers) {
    if (!answer.writes || !wrote(answer.input, answer.output)) continue;
    const owner = owners.get(answer.output.revision);
    if (owner === undefined) owners.set(answer.output.revision, answer);
    else problems.push(`${answer.name} and ${owner.name} share ${answer.output.revision}`);
  }
  return problems;
}

/** A value is put at one revision only, and never by an operation that was refused. */
export function onceProblems(chronicle: Chronicle, refused: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const putAt = new Map<string, number>();
  for (const [revision, events] of chronicle) {
    for (const { value, key } of events) {
      if (value === undefined) continue;
      const name = `${key}=${value}`;
      const before = putAt.get(name);
      if (before !== undefined) problems.push(`${name} was put at ${before} and at ${revision}`);
      putAt.set(name, revision);
      const failed = refused.get(value);
      if (failed !== undefined) problems.push(`${failed} failed, and wrote ${name}@${revision}`);
    }
  }
  return problems;
}

interface Version {
  readonly revision: number;
  readonly value: string | undefined;
}

/** The state at any revision that the watchers have seen. */
export class Past {
  readonly #versions = new Map<string, Version[]>();
  readonly #chronicle: Chronicle;
  /** Up to here every revision is known. */
  readonly completeTo: number;

  constructor(chronicle: Chronicle) {
    this.#chronicle = chronicle;
    let revision = 1;
    while (chronicle.has(revision + 1)) revision += 1;
    this.completeTo = revision;
    for (const [at, events] of [...chronicle].sort(([a], [b]) => a - b)) {
      for (const { key, value } of events) {
        const versions = this.#versions.get(key) ?? [];
        versions.push({ revision: at, value });
        this.#versions.set(key, versions);
      }
    }
  }

  at(key: string, revision: number): Version | undefined {
    const version = this.#versions.get(key)?.findLast((one) => one.revision <= revision);
    return version?.value === undefined ? undefined : version;
  }

  putAt(key: string, revision: number): string | undefined {
    return this.#chronicle.get(revision)?.find((event) => event.key === key)?.value;
  }
}

/** Every answer tells the state at the revision in its header, and every write is in its place. */
export function answerProblems(answers: readonly Answered[], past: Past): string[] {
  return answers.flatMap((answer) => answerProblem(answer, past) ?? []);
}

function answerProblem(answer: Answered, past: Past): string | undefined {
  const { input, output, name, by } = answer;
  const { succeeded, revision, found } = output;
  if (revision > past.completeTo) return undefined;
  const changed = wrote(input, output);
  const own = new Map<string, string | undefined>();
  for (const [i, step] of (succeeded ? input.success : input.failure).entries()) {
    if (step.kind === "put") {
      own.set(step.key, step.value);
      continue;
    }
    const before = past.at(step.key, changed ? revision - 1 : revision);
    const expected = own.has(step.key) ? own.get(step.key) : before?.value;
    if (found[i]?.value !== expected) {
      const seen = found[i]?.value;
      return `${name} (by ${by}) found ${step.key}=${seen}, not ${expected}, at ${revision}`;
    }
    if (step.kind === "delete") own.set(step.key, undefined);
  }
  for (const [key, value] of own) {
    if (value !== undefined && past.putAt(key, revision) !== value) {
      return `${name} wrote ${key}=${value}@${revision}, where is ${past.putAt(key, revision)}`;
    }
  }
  return undefined;
}
