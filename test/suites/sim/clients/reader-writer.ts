import type { Compare, Held, Step, TxnInput, TxnOutput } from "../check/kv-model.ts";
import type { Prng } from "../world/random.ts";
import { bodyOf, decodeOutput, encodeReads, encodeRequest } from "./codec.ts";
import type { Front, Outcome } from "./front.ts";
import type { Answered, History, Reading } from "./history.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Workload {
  /** Each of a client's lanes begins operations at a time of its own. */
  readonly lanes: number;
  readonly families: number;
  readonly keysPerFamily: number;
  /** Mean time that a lane takes for each operation, microseconds: they come in bursts. */
  readonly thinkUs: number;
  /** The fewest and the most operations that a lane begins at once. */
  readonly burst: readonly [number, number];
  /** Operations that one lane may have under way; it passes over a beginning where it has. */
  readonly mostPending: number;
  readonly timeoutUs: number;
  /** Chance that a linearizable read goes to any member, not to the leader. */
  readonly readsAnywhere: number;
  /** Bytes of most values; one in thirty has a hundred times as many. */
  readonly valueBytes: number;
}

type Kind = "get" | "serializable" | "put" | "swap" | "txn" | "delete" | "transfer";

const kinds: readonly Kind[] = ["get", "serializable", "put", "swap", "txn", "delete", "transfer"];
const weights = [30, 12, 30, 12, 10, 2, 4];

/** An answered write that is sent again, to see that it is not applied again. */
interface Done {
  readonly request: Uint8Array;
  readonly input: TxnInput;
  readonly output: TxnOutput;
  readonly name: string;
}

/**
 * One of the lanes of a client that reads and writes. Operations begin at their own pace, whatever
 * became of those before, as those of many users do: gets
 * (linearizable ones at the leader or any member, and serializable ones), puts, compare and swap,
 * transactions over the keys of one family. It repeats requests whose answer did not come, and now
 * and then one whose did.
 */
export class ReaderWriter {
  readonly #front: Front;
  readonly #world: Surroundings;
  readonly #random: Prng;
  readonly #history: History;
  readonly #workload: Workload;
  readonly #name: string;
  readonly #members: () => readonly number[];
  /** What this client last saw of each key. */
  readonly #seen = new Map<string, Held | undefined>();
  #count = 0;
  #done: Done | undefined;
  #stopped = false;
  /** Operations under way. */
  pending = 0;
  /** Requests repeated although they had been answered. */
  repeated = 0;

  constructor(
    world: Surroundings,
    name: string,
    front: Front,
    members: () => readonly number[],
    history: History,
    workload: Workload,
  ) {
    this.#world = world;
    this.#name = name;
    this.#front = front;
    this.#members = members;
    this.#history = history;
    this.#workload = workload;
    this.#random = world.random.fork(`client/${this.#name}`);
    this.#goOn(0);
  }

  /** No new operations. */
  stop(): void {
    this.#stopped = true;
  }

  /** @param atLeast of the mean time between two bursts, which take half of it to half more. */
  #goOn(atLeast = 0.5): void {
    const { burst, thinkUs, mostPending } = this.#workload;
    const size = this.#random.between(...burst);
    const waitUs = size * thinkUs * (atLeast + this.#random.fraction());
    this.#world.scheduler.after(waitUs, () => {
      if (this.#stopped) return;
      for (let i = 0; i < size; i++) if (this.pending < mostPending) this.#next();
      this.#goOn();
    });
  }

  #next(): void {
    if (this.#done !== undefined && this.#random.chance(0.3)) {
      this.#repeat(this.#done);
      return;
    }
    this.#count += 1;
    const kind = kinds[this.#random.weighted(weights)] ?? "get";
    const family = `f${this.#random.below(this.#workload.families)}`;
    const name = `${this.#name}#${this.#count} ${kind}`;
    const input = this.#input(kind, family);
    if (kind === "get" || kind === "serializable") this.#read(name, family, input, kind);
    else this.#write(name, family, input);
  }

  #key(family: string): string {
    return `${family}/${this.#random.below(this.#workload.keysPerFamily)}`;
  }

  #value(part = ""): string {
    return `${this.#name}.${this.#count}${part}`;
  }

  #input(kind: Kind, family: string): TxnInput {
    const key = this.#key(family);
    const get: Step = { kind: "get", key };
    const put: Step = { kind: "put", key, value: this.#value() };
    switch (kind) {
      case "get":
      case "serializable":
        return plain(this.#random.chance(0.2) ? this.#readAll(family) : [get]);
      case "put":
        return plain([put]);
      case "delete":
        return plain([{ kind: "delete", key }]);
      case "swap":
        return { compares: [this.#compare(key)], success: [put], failure: [get] };
      case "txn":
        return plain([...this.#readAll(family), put]);
      case "transfer": {
        const keys = this.#random.shuffled(this.#keysOf(family)).slice(0, 2);
        const success = keys.map(
          (one, i): Step => ({ kind: "put", key: one, value: this.#value(`.${i}`) }),
        );
        const compares = keys.slice(0, 1).map((one) => this.#compare(one));
        return { compares, success, failure: keys.map((one): Step => ({ kind: "get", key: one })) };
      }
    }
  }

  #keysOf(family: string): string[] {
    return Array.from({ length: this.#workload.keysPerFamily }, (_, i) => `${family}/${i}`);
  }

  #readAll(family: string): Step[] {
    return this.#keysOf(family).map((key): Step => ({ kind: "get", key }));
  }

  #compare(key: string): Compare {
    return { key, target: "mod", revision: this.#seen.get(key)?.modRevision ?? 0 };
  }

  #read(name: string, family: string, input: TxnInput, kind: "get" | "serializable"): void {
    const reading: Reading = kind === "get" ? "linearizable" : "serializable";
    const anywhere =
      reading === "serializable" || this.#random.chance(this.#workload.readsAnywhere);
    const member = anywhere ? this.#random.pick(this.#members()) : undefined;
    const callAt = this.#world.scheduler.nowUs;
    this.pending += 1;
    const read = { query: encodeReads(input), consistency: reading, member };
    this.#front.query(read, this.#workload.timeoutUs, (outcome) => {
      this.#settled(outcome, { name, family, input, callAt, reading, writes: false });
    });
  }

  #write(name: string, family: string, input: TxnInput): void {
    const id = { id: this.#random.bytes(16), seenIndex: this.#front.seenIndex };
    const { valueBytes } = this.#workload;
    const bytes = this.#random.chance(1 / 30) ? valueBytes * 100 : valueBytes;
    const request = encodeRequest(
      id,
      bodyOf(input, () => bytes),
    );
    const callAt = this.#world.scheduler.nowUs;
    this.pending += 1;
    this.#front.propose(request, this.#workload.timeoutUs, (outcome) => {
      const output = this.#settled(outcome, {
        name,
        family,
        input,
        callAt,
        reading: "linearizable",
        writes: true,
      });
      if (output !== undefined && this.#random.chance(0.1) && this.#front.knowsAgain) {
        this.#done = { request, input, output, name };
      }
    });
  }

  #settled(
    outcome: Outcome,
    asked: Omit<Answered, "client" | "returnAt" | "output" | "by"> & { family: string },
  ): TxnOutput | undefined {
    this.pending -= 1;
    const { name, family, input, callAt } = asked;
    this.#world.say(this.#name, `${name} ${outcome.kind}`);
    if (outcome.kind === "failed") this.#history.failed(name, input);
    if (outcome.kind === "unknown") this.#history.unknown(family, name, callAt, input);
    if (outcome.kind !== "ok") return undefined;
    const output = this.#decode(name, input, outcome.response);
    if (output === undefined) return undefined;
    const { nowUs: returnAt } = this.#world.scheduler;
    const client = this.#name;
    this.#history.answered(family, { ...asked, client, returnAt, output, by: outcome.by });
    this.#learn(input, output);
    return output;
  }

  #decode(name: string, input: TxnInput, response: Uint8Array): TxnOutput | undefined {
    try {
      return decodeOutput(input, response);
    } catch (error) {
      this.#world.violation("answer", `${name} ${JSON.stringify(input)}: ${error}`);
      return undefined;
    }
  }

  #learn(input: TxnInput, { succeeded, revision, found }: TxnOutput): void {
    for (const [i, step] of (succeeded ? input.success : input.failure).entries()) {
      if (step.kind === "get") this.#seen.set(step.key, found[i]);
      if (step.kind === "delete") this.#seen.delete(step.key);
      if (step.kind === "put") {
        this.#seen.set(step.key, { value: step.value, modRevision: revision });
      }
    }
  }

  /** The answer to a request that was answered before is the same, as far as it is remembered. */
  #repeat({ request, input, output, name }: Done): void {
    this.#done = undefined;
    this.repeated += 1;
    this.pending += 1;
    this.#front.propose(request, this.#workload.timeoutUs, (outcome) => {
      this.pending -= 1;
      if (outcome.kind !== "ok") return;
      const again = this.#decode(`${name} again`, input, outcome.response);
      if (again === undefined) return;
      const [first, second] = [output, again].map((answer) => JSON.stringify(answer));
      if (first === second) return;
      this.#world.violation("retry", `${name} was answered ${first}, and again ${second}`);
    });
  }
}

function plain(steps: readonly Step[]): TxnInput {
  return { compares: [], success: steps, failure: [] };
}
