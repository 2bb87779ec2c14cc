import type { KvOperation, TxnInput, TxnOutput } from "../check/kv-model.ts";

/** How an operation was asked for. Only linearizable ones enter the linearizability check. */
export type Reading = "linearizable" | "serializable";

/** One answer of a member, whatever was asked. */
export interface Answered {
  readonly name: string;
  readonly client: string;
  readonly reading: Reading;
  readonly writes: boolean;
  readonly input: TxnInput;
  readonly output: TxnOutput;
  readonly callAt: number;
  readonly returnAt: number;
  /** The instance that answered, such as "m2.3". */
  readonly by: string;
}

/** All that the clients of one run saw. Times are microseconds of the world. */
export class History {
  /** Linearizable operations by family of keys. */
  readonly families = new Map<string, KvOperation[]>();
  /** Serializable reads by family of keys. */
  readonly serializable = new Map<string, KvOperation[]>();
  readonly answers: Answered[] = [];
  /** Values of puts that definitely never happened, by the operation's name. */
  readonly refused = new Map<string, string>();
  counts = { ok: 0, failed: 0, unknown: 0 };

  get operations(): number {
    return this.counts.ok + this.counts.failed + this.counts.unknown;
  }

  answered(family: string, answer: Answered): void {
    this.counts.ok += 1;
    this.answers.push(answer);
    const { name, callAt, returnAt, input, output, reading } = answer;
    const operations = reading === "linearizable" ? this.families : this.serializable;
    of(operations, family).push({ name, callAt, returnAt, input, output });
  }

  unknown(family: string, name: string, callAt: number, input: TxnInput): void {
    this.counts.unknown += 1;
    const returnAt = Number.POSITIVE_INFINITY;
    of(this.families, family).push({ name, callAt, returnAt, input, output: undefined });
  }

  failed(name: string, input: TxnInput): void {
    this.counts.failed += 1;
    for (const step of [...input.success, ...input.failure]) {
      if (step.kind === "put") this.refused.set(step.value, name);
    }
  }
}

function of(operations: Map<string, KvOperation[]>, family: string): KvOperation[] {
  const list = operations.get(family) ?? [];
  operations.set(family, list);
  return list;
}
