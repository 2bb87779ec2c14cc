/**
 * Is a history of concurrent operations one that a single copy of the object could have produced?
 *
 * The question is that of Herlihy and Wing (1990); the search is the one of Wing and Gong (1993) in
 * the just-in-time order of Lowe ("Testing for linearizability", 2016), as Porcupine and Knossos
 * use it: walk through calls and returns in real time, keep every configuration (state of the
 * object, and which of the operations under way took effect already) that explains what has been
 * seen so far, and let an operation take effect no earlier than a return demands it.
 */

/** One operation of a client. Times are any numbers that grow with real time. */
export interface Operation<Input, Output> {
  /** Names the operation in reports. */
  readonly name: string;
  readonly callAt: number;
  /** Infinity where the outcome is unknown: it may take effect at any later time, or never. */
  readonly returnAt: number;
  readonly input: Input;
  /** Undefined where the outcome is unknown. */
  readonly output: Output | undefined;
}

/** The object's sequential behaviour. States are immutable. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after the operation, or undefined where it cannot have had this output in this state.
   * An undefined output fits always.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal exactly for equal states. */
  key(state: State): string;
  /** Whether an operation that had this output changed nothing, whatever the state was. */
  pure(input: Input, output: Output | undefined): boolean;
  /** Changes take effect in this order, where the object promises one and the output tells it. */
  rank?(input: Input, output: Output | undefined): number | undefined;
}

export type LinearizabilityVerdict =
  | { readonly linearizable: true; readonly explored: number }
  | { readonly linearizable: false; readonly explored: number; readonly reason: string };

/** More configurations than this at once, and the history counts as undecided. */
const configurationBound = 200_000;

/** The search grew beyond its bound: no verdict, which a run must not take for a good one. */
export class UndecidedError extends Error {
  override readonly name = "UndecidedError";
}

interface Configuration<State> {
  readonly state: State;
  /** Operations under way that took effect, by position, ascending. */
  readonly done: readonly number[];
}

type Configurations<State> = Map<string, Configuration<State>>;

/** Throws UndecidedError where the search would grow beyond its bound. */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): LinearizabilityVerdict {
  const events = realTimeOrder(history);
  const open = new Set<number>();
  let configurations: Configurations<State> = new Map();
  add(model, configurations, { state: model.initial, done: [] });
  let explored = 0;
  for (const { position, returns } of events) {
    if (!returns) {
      open.add(position);
      continue;
    }
    const after = withEffect(model, history, configurations, open, position);
    explored += after.explored;
    if (after.configurations.size === 0) {
      const reason = explain(model, history, configurations, position);
      return { linearizable: false, explored, reason };
    }
    open.delete(position);
    configurations = after.configurations;
  }
  return { linearizable: true, explored };
}

interface Boundary {
  readonly at: number;
  readonly position: number;
  readonly returns: boolean;
}

/** Calls before returns at one time: operations that touch count as concurrent. */
function realTimeOrder<Input, Output>(history: readonly Operation<Input, Output>[]): Boundary[] {
  const events: Boundary[] = [];
  for (const [position, { callAt, returnAt, name }] of history.entries()) {
    if (returnAt < callAt) throw new RangeError(`${name} returns at ${returnAt}, before ${callAt}`);
    events.push({ at: callAt, position, returns: false });
    if (returnAt !== Number.POSITIVE_INFINITY) {
      events.push({ at: returnAt, position, returns: true });
    }
  }
  return events.sort(
    (a, b) => a.at - b.at || Number(a.returns) - Number(b.returns) || a.position - b.position,
  );
}

/** Every configuration that can be reached in which `target` took effect (then forgotten). */
function withEffect<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  from: Configurations<State>,
  open: ReadonlySet<number>,
  target: number,
): { configurations: Configurations<State>; explored: number } {
  const reached: Configurations<State> = new Map();
  const readers = [...open].filter((position) => {
    const operation = history[position];
    return operation !== undefined && model.pure(operation.input, operation.output);
  });
  const ranks = new Map([...open].map((position) => [position, rankOf(model, history[position])]));
  // To let a read take effect as soon as it fits takes nothing from anything else.
  const settled = ({ state, done }: Configuration<State>): Configuration<State> => {
    const fit = readers.filter((position) => {
      const operation = history[position];
      if (operation === undefined || done.includes(position)) return false;
      return model.step(state, operation.input, operation.output) !== undefined;
    });
    return fit.length === 0 ? { state, done } : { state, done: ascending([...done, ...fit]) };
  };
  const queue = [...from.values()].map(settled);
  const seen = new Set<string>(queue.map((configuration) => keyOf(model, configuration)));
  let explored = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    explored += 1;
    if (next.done.includes(target)) {
      const done = next.done.filter((position) => position !== target);
      add(model, reached, { state: next.state, done });
      continue;
    }
    const firstRank = lowest(ranks, next.done);
    for (const position of open) {
      if (next.done.includes(position) || (ranks.get(position) ?? 0) > firstRank) continue;
      const operation = history[position];
      if (operation === undefined || readers.includes(position)) continue;
      const state = model.step(next.state, operation.input, operation.output);
      if (state === undefined) continue;
      const configuration = settled({ state, done: ascending([...next.done, position]) });
      const key = keyOf(model, configuration);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(configuration);
    }
    if (seen.size > configurationBound) {
      throw new UndecidedError(`${seen.size} configurations at ${history[target]?.name}`);
    }
  }
  return { configurations: reached, explored };
}

function rankOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  operation: Operation<Input, Output> | undefined,
): number | undefined {
  return operation && model.rank?.(operation.input, operation.output);
}

/** The rank of the change that comes next. */
function lowest(ranks: ReadonlyMap<number, number | undefined>, done: readonly number[]): number {
  let first = Number.POSITIVE_INFINITY;
  for (const [position, rank] of ranks) {
    if (rank !== undefined && rank < first && !done.includes(position)) first = rank;
  }
  return first;
}

function ascending(positions: number[]): number[] {
  return positions.sort((a, b) => a - b);
}

function add<State, Input, Output>(
  model: Model<State, Input, Output>,
  configurations: Configurations<State>,
  configuration: Configuration<State>,
): void {
  configurations.set(keyOf(model, configuration), configuration);
}

function keyOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  { state, done }: Configuration<State>,
): string {
  return `${done.join(",")}|${model.key(state)}`;
}

function explain<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  before: Configurations<State>,
  position: number,
): string {
  const operation = history[position];
  const shown = [...before.values()].slice(0, 4).map(({ state, done }) => {
    const names = done.map((p) => history[p]?.name).join(", ");
    return `${model.key(state)}${names === "" ? "" : ` after ${names}`}`;
  });
  const input = JSON.stringify(operation?.input);
  const output = JSON.stringify(operation?.output);
  return [
    `${operation?.name} (${operation?.callAt} .. ${operation?.returnAt}) cannot be placed:`,
    `  ${input} answered ${output}`,
    `  ${before.size} possible states before its return, such as`,
    ...shown.map((text) => `    ${text}`),
  ].join("\n");
}
