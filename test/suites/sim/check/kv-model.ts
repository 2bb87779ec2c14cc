import {
  checkLinearizable,
  type LinearizabilityVerdict,
  type Model,
  type Operation,
} from "./linearizability.ts";

/**
 * A few keys as one object, with etcd's transactions as its only operation: a get or a put is a
 * transaction without compares. Keys that no transaction joins are checked apart (partitioned, as
 * Porcupine does it: linearizability is local, Herlihy and Wing 1990, theorem 1).
 */

export type Compare =
  | { readonly key: string; readonly target: "mod"; readonly revision: number }
  | { readonly key: string; readonly target: "value"; readonly value: string };

export type Step =
  | { readonly kind: "get"; readonly key: string }
  /** Every value that is ever put is put once only: a value names its write. */
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  /** Answers with what was deleted. */
  | { readonly kind: "delete"; readonly key: string };

export interface TxnInput {
  readonly compares: readonly Compare[];
  readonly success: readonly Step[];
  readonly failure: readonly Step[];
}

export interface Held {
  readonly value: string;
  readonly modRevision: number;
}

export interface TxnOutput {
  readonly succeeded: boolean;
  /** The header's revision: that of the write, where something was written. */
  readonly revision: number;
  /** One for each step of the branch taken: what a get or a delete found; undefined for a put. */
  readonly found: readonly (Held | undefined)[];
}

export type KvOperation = Operation<TxnInput, TxnOutput>;

/** What a family holds. Immutable, so that its text is made once. */
class KvState {
  readonly held: ReadonlyMap<string, Held>;
  #key: string | undefined;

  constructor(held: ReadonlyMap<string, Held>) {
    this.held = held;
  }

  get key(): string {
    this.#key ??= [...this.held]
      .map(([key, { value, modRevision }]) => `${key}=${value}@${modRevision}`)
      .sort()
      .join(" ");
    return this.#key;
  }
}

/** Marks the revision of a write that nobody has seen. */
const unknownRevision = -1;

const model: Model<KvState, TxnInput, TxnOutput> = {
  initial: new KvState(new Map()),
  step,
  key: ({ key }) => key,
  pure: (input, output) => output !== undefined && !changesWith(input, output),
  rank: (input: Resolved, output) => {
    if (output === undefined) return input.revision;
    return changesWith(input, output) ? output.revision : undefined;
  },
};

/**
 * Whether the operations on one family of keys are linearizable. Writes whose outcome is unknown
 * stay open for ever; those whose value was never seen cannot matter (every step that could notice
 * them tells the value that it found) and are left out, and those that were seen happened before
 * whoever saw them returned.
 *
 * @param serializable reads that may be old: they only tell what was there at some time.
 * @param deletions revisions at which watchers saw keys deleted: hints, which need not be right.
 */
export function checkFamily(
  history: readonly KvOperation[],
  serializable: readonly KvOperation[] = [],
  deletions: readonly Deletion[] = [],
): LinearizabilityVerdict {
  const sightings = sightingsOf([...history, ...serializable]);
  if (typeof sightings === "string") {
    return { linearizable: false, explored: 0, reason: sightings };
  }
  const relevant = history.flatMap((operation) => relevantForm(operation, sightings));
  if (explainedByRevisions(relevant, deletions))
    return { linearizable: true, explored: relevant.length };
  return checkLinearizable(model, relevant);
}

export interface Deletion {
  readonly key: string;
  readonly revision: number;
}

interface Placed {
  readonly operation: KvOperation;
  readonly revision: number;
  readonly changes: boolean;
}

/**
 * Whether the order that the answers' revisions tell is one in which everything could have
 * happened: that is proof, whatever the revisions are worth. Where it is not, others are searched.
 */
function explainedByRevisions(
  relevant: readonly KvOperation[],
  deletions: readonly Deletion[],
): boolean {
  const placed: Placed[] = [];
  const loose: KvOperation[] = [];
  for (const operation of relevant) {
    const revision = operation.output?.revision ?? (operation.input as Resolved).revision;
    if (revision === undefined) loose.push(operation);
    else
      placed.push({ operation, revision, changes: changesWith(operation.input, operation.output) });
  }
  loose.sort((a, b) => a.callAt - b.callAt);
  placeDeletions(placed, loose, deletions);
  placed.sort(
    (a, b) =>
      a.revision - b.revision ||
      Number(b.changes) - Number(a.changes) ||
      a.operation.callAt - b.operation.callAt,
  );
  let state: KvState | undefined = model.initial;
  let latestCall = Number.NEGATIVE_INFINITY;
  for (const { operation } of placed) {
    const next = stepWith(state, operation, loose);
    if (next === undefined) return false;
    state = next.state;
    latestCall = Math.max(latestCall, next.callAt, operation.callAt);
    if (operation.returnAt < latestCall) return false;
  }
  return true;
}

/**
 * Deletions that nobody answered for, where watchers saw them. Each is taken for the one that was
 * called last of those that can have made it: the others are left for what watchers did not see.
 *
 * @param loose in the order of their calls.
 */
function placeDeletions(
  placed: Placed[],
  loose: KvOperation[],
  deletions: readonly Deletion[],
): void {
  const known = new Set(placed.flatMap(({ changes, revision }) => (changes ? [revision] : [])));
  for (const { key, revision } of deletions) {
    if (known.has(revision)) continue;
    const after = placed.filter((other) => other.revision >= revision);
    const latestCall = Math.min(...after.map(({ operation }) => operation.returnAt));
    const last = loose.findLast(
      ({ callAt, input }) =>
        callAt <= latestCall &&
        input.success.some((one) => one.kind === "delete" && one.key === key),
    );
    if (last === undefined) continue;
    loose.splice(loose.indexOf(last), 1);
    placed.push({ operation: last, revision, changes: true });
  }
}

/** Whether the store changed, by what the answer tells; an operation without one may have. */
function changesWith(input: TxnInput, output: TxnOutput | undefined): boolean {
  const steps = (output?.succeeded ?? true) ? input.success : input.failure;
  return steps.some(
    ({ kind }, i) =>
      kind === "put" ||
      (kind === "delete" && (output === undefined || output.found[i] !== undefined)),
  );
}

/** Deletions of unknown revision that may have to come before one operation. */
const mostBetween = 3;

/** The state after the operation, and the latest call of the loose ones that had to come before. */
function stepWith(
  state: KvState,
  operation: KvOperation,
  loose: KvOperation[],
  between = mostBetween,
): { readonly state: KvState; readonly callAt: number } | undefined {
  const alone = step(state, operation.input, operation.output);
  if (alone !== undefined) return { state: alone, callAt: operation.callAt };
  if (between === 0) return undefined;
  for (const other of loose) {
    const next = step(state, other.input, other.output);
    if (next === undefined || next === state || other.callAt > operation.returnAt) continue;
    const others = loose.filter((one) => one !== other);
    const after = stepWith(next, operation, others, between - 1);
    if (after === undefined) continue;
    loose.splice(0, loose.length, ...others);
    return { state: after.state, callAt: Math.max(after.callAt, other.callAt) };
  }
  return undefined;
}

interface Sighting {
  readonly modRevision: number;
  firstReturnAt: number;
}

/** Where each value was seen; a text where two sightings disagree about its revision. */
function sightingsOf(history: readonly KvOperation[]): Map<string, Sighting> | string {
  const sightings = new Map<string, Sighting>();
  for (const { output, returnAt, name } of history) {
    for (const held of output?.found ?? []) {
      if (held === undefined) continue;
      const sighting = sightings.get(held.value);
      if (sighting === undefined) {
        sightings.set(held.value, { modRevision: held.modRevision, firstReturnAt: returnAt });
        continue;
      }
      sighting.firstReturnAt = Math.min(sighting.firstReturnAt, returnAt);
      if (sighting.modRevision !== held.modRevision) {
        return `${name} saw ${held.value} at ${held.modRevision}, not ${sighting.modRevision}`;
      }
    }
  }
  return sightings;
}

/** An operation of unknown outcome, with what others tell about it. */
export interface Resolved extends TxnInput {
  readonly revision?: number;
  /** The branch that was taken: what it wrote was seen. */
  readonly succeeded?: boolean;
}

function relevantForm(
  operation: KvOperation,
  sightings: ReadonlyMap<string, Sighting>,
): KvOperation[] {
  if (operation.output !== undefined) return [operation];
  const steps = [...operation.input.success, ...operation.input.failure];
  if (steps.every(({ kind }) => kind === "get")) return [];
  const seen = steps.flatMap((s) => (s.kind === "put" ? (sightings.get(s.value) ?? []) : []));
  if (seen.length === 0) return steps.some(({ kind }) => kind === "delete") ? [operation] : [];
  const returnAt = Math.min(...seen.map(({ firstReturnAt }) => firstReturnAt));
  const succeeded = operation.input.success.some((s) => s.kind === "put" && sightings.has(s.value));
  const revision = seen[0]?.modRevision ?? unknownRevision;
  const input: Resolved = { ...operation.input, revision, succeeded };
  return [{ ...operation, input, returnAt: Math.max(returnAt, operation.callAt) }];
}

function step(state: KvState, input: Resolved, output: TxnOutput | undefined): KvState | undefined {
  const succeeded = input.compares.every((compare) => holds(state.held, compare));
  if ((output?.succeeded ?? input.succeeded ?? succeeded) !== succeeded) return undefined;
  const revision = output?.revision ?? input.revision ?? unknownRevision;
  const steps = succeeded ? input.success : input.failure;
  if (output !== undefined && output.found.length !== steps.length) return undefined;
  let held = state.held;
  const changed = (): Map<string, Held> => {
    const copy = held === state.held ? new Map(held) : (held as Map<string, Held>);
    held = copy;
    return copy;
  };
  for (const [position, one] of steps.entries()) {
    if (one.kind === "put") {
      changed().set(one.key, { value: one.value, modRevision: revision });
      continue;
    }
    if (output !== undefined && !same(held.get(one.key), output.found[position])) return undefined;
    if (one.kind === "delete") changed().delete(one.key);
  }
  return held === state.held ? state : new KvState(held);
}

function holds(state: ReadonlyMap<string, Held>, compare: Compare): boolean {
  const held = state.get(compare.key);
  if (compare.target === "mod") return (held?.modRevision ?? 0) === compare.revision;
  return held !== undefined && held.value === compare.value;
}

function same(a: Held | undefined, b: Held | undefined): boolean {
  return a?.value === b?.value && a?.modRevision === b?.modRevision;
}
