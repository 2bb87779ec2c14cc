import assert from "node:assert/strict";
import { b } from "../../../support/base64.ts";
import { type DeployedCluster, RefusedError } from "./cluster.ts";

/** What a group of keys may look like: one state, or two while an outcome is unknown. */
type State = ReadonlyMap<string, string>;

const groupKeys = 5;
/** Writes to one group before the next is begun. */
const writesPerGroup = 24;

interface Write {
  readonly kind: "put" | "txn" | "delete";
  readonly after: State;
  send(cluster: DeployedCluster): Promise<unknown>;
}

/**
 * One client that writes one thing after the other and knows what must be there: single puts, five
 * keys at once in a transaction, and the deletion of a whole group by its prefix. When an outcome
 * is unknown the group is left as it is, so that it has exactly two states to be found in, and a
 * request that is carried out late hurts nobody.
 */
export class Writer {
  readonly #cluster: DeployedCluster;
  readonly #prefix: string;
  readonly #padding: string;
  readonly #groups = new Map<string, State[]>();
  #group = 0;
  #written = 0;
  acknowledged = 0;
  deletes = 0;
  unknown = 0;

  constructor(cluster: DeployedCluster, name: string, paddingBytes = 100) {
    this.#cluster = cluster;
    this.#prefix = `${name}/`;
    this.#padding = ".".repeat(paddingBytes);
  }

  /** Writes until told otherwise. `acknowledged` hears of each write when it is. */
  async run(goesOn: () => boolean, acknowledged: () => void = () => undefined): Promise<void> {
    while (goesOn()) {
      if (await this.#writeOnce()) acknowledged();
    }
  }

  /** Asserts that everything acknowledged is there, and nothing of which only half was done. */
  check(found: ReadonlyMap<string, string>): void {
    const groups = new Map<string, Map<string, string>>();
    for (const [key, value] of found) {
      if (!key.startsWith(this.#prefix)) continue;
      const name = key.slice(0, key.lastIndexOf("/") + 1);
      const group = groups.get(name) ?? new Map<string, string>();
      groups.set(name, group.set(key, value));
    }
    for (const name of groups.keys()) assert.ok(this.#groups.has(name), `${name} from nowhere`);
    for (const [name, states] of this.#groups) {
      const group = groups.get(name) ?? new Map<string, string>();
      const fits = states.some((state) => textOf(state) === textOf(group));
      const expected = states.map(textOf).join("\n or ");
      assert.ok(fits, `${name} is\n    ${textOf(group)}\n not ${expected}`);
      // What it is from now on, whatever it might have been.
      this.#groups.set(name, [group]);
    }
  }

  async #writeOnce(): Promise<boolean> {
    const name = `${this.#prefix}${this.#group}/`;
    const [state = new Map<string, string>()] = this.#groups.get(name) ?? [];
    const write = this.#next(name, state);
    this.#groups.set(name, [state, write.after]);
    this.#written += 1;
    try {
      await write.send(this.#cluster);
    } catch (error) {
      // A refusal of what the client did would be a fault of this test.
      if (error instanceof RefusedError && error.status < 500) throw error;
      this.unknown += 1;
      this.#group += 1;
      return false;
    }
    this.#groups.set(name, [write.after]);
    if (this.#written % writesPerGroup === 0) this.#group += 1;
    this.acknowledged += 1;
    if (write.kind === "delete") this.deletes += 1;
    return true;
  }

  #next(name: string, state: State): Write {
    const at = this.#written;
    const value = `${at}${this.#padding}`;
    if (at % 8 === 6) {
      const keys = Array.from({ length: groupKeys }, (_, i) => `${name}${i}`);
      const success = keys.map((key) => ({
        requestPut: { key: b(key), value: b(value) },
      }));
      return {
        kind: "txn",
        after: new Map([...state, ...keys.map((key) => [key, value] as const)]),
        send: (cluster) => cluster.post("/v3/kv/txn", { success }),
      };
    }
    if (at % 8 === 7) {
      const path = `/kv/?prefix=${encodeURIComponent(name)}`;
      return {
        kind: "delete",
        after: new Map(),
        send: (cluster) => cluster.ask(path, { method: "DELETE" }),
      };
    }
    const key = `${name}${at % groupKeys}`;
    return {
      kind: "put",
      after: new Map([...state, [key, value]]),
      send: (cluster) => cluster.put(key, value),
    };
  }
}

function textOf(state: State): string {
  const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([key, value]) => `${key}=${value.replace(/\.+$/, "")}`).join(" ") || "empty";
}

/** Many writers at once, and what they came to. */
export class WriterLoad {
  readonly #cluster: DeployedCluster;
  readonly writers: readonly Writer[];
  #running: Promise<unknown> | undefined;
  #goesOn = false;
  /** When each write was acknowledged, by `performance.now()`. */
  readonly acknowledgedAtMs: number[] = [];

  constructor(cluster: DeployedCluster, name: string, writers: number, paddingBytes?: number) {
    this.#cluster = cluster;
    this.writers = Array.from(
      { length: writers },
      (_, i) => new Writer(cluster, `${name}${i}`, paddingBytes),
    );
  }

  start(): void {
    this.#goesOn = true;
    const acknowledged = () => void this.acknowledgedAtMs.push(performance.now());
    const goesOn = () => this.#goesOn;
    this.#running = Promise.all(this.writers.map((writer) => writer.run(goesOn, acknowledged)));
    // Heard of by whoever calls `end`.
    this.#running.catch(() => undefined);
  }

  /** No new write is begun. */
  stop(): void {
    this.#goesOn = false;
  }

  /** `stop`; resolves when those under way have ended. Throws what a writer threw. */
  async end(): Promise<void> {
    this.stop();
    await this.#running;
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
  }

  get deletes(): number {
    return this.writers.reduce((sum, writer) => sum + writer.deletes, 0);
  }

  get unknown(): number {
    return this.writers.reduce((sum, writer) => sum + writer.unknown, 0);
  }

  /** Reads everything back, linearizable, and asserts that it is what must be there. */
  async check(prefix: string): Promise<void> {
    const found = await this.#cluster.list(prefix);
    for (const writer of this.writers) writer.check(found);
  }
}
