/** Clients that cost little: there are hundreds of them, and millions of events. */
import { type IncomingMessage, request } from "node:http";
import type { WatchEvent } from "../../../unit/api/support/api.ts";

/** What every watcher must see: whoever sees an event first says which it is. */
export type Truth = string[];

interface Line {
  readonly result?: {
    readonly header?: { readonly member_id?: string };
    readonly created?: boolean;
    readonly canceled?: boolean;
    readonly events?: readonly WatchEvent[];
  };
}

/** An event in a word: `revision type key value`, key and value as they came. */
export function nameOf({ type, kv }: WatchEvent): string {
  return `${kv.mod_revision} ${type ?? "PUT"} ${kv.key} ${kv.value ?? ""}`;
}

/** One watch on a connection of its own, which compares what it sees with what others saw. */
export class Watching {
  readonly #truth: Truth;
  readonly #abort = new AbortController();
  readonly #created = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #rest = "";
  #last = 0;
  #goal = Number.POSITIVE_INFINITY;
  /** Events seen, and the messages that they came in. */
  seen = 0;
  messages = 0;
  /** The member that sent the newest message. */
  member = 0;

  constructor(url: string, create: object, headers: Record<string, string>, truth: Truth) {
    this.#truth = truth;
    // Awaited later; until then a failure is none that nobody handles.
    for (const { promise } of [this.#created, this.#ended]) promise.catch(() => undefined);
    const { signal } = this.#abort;
    const sent = request(`${url}/v3/watch`, { method: "POST", headers, signal, agent: false });
    sent.on("response", (response) => this.#read(response));
    sent.on("error", (error) => this.#fail(error));
    sent.end(JSON.stringify({ create_request: create }));
  }

  get created(): Promise<void> {
    return this.#created.promise;
  }

  /** Resolves when it has seen everything up to that revision; rejects where it is not so. */
  reaches(revision: number): Promise<void> {
    this.#goal = revision;
    this.#check();
    return this.#ended.promise;
  }

  close(): void {
    this.#abort.abort();
  }

  #read(response: IncomingMessage): void {
    response.setEncoding("utf8");
    response.on("error", (error) => this.#fail(error));
    response.on("end", () => this.#fail(new Error(`the stream ended: ${this.#rest}`)));
    response.on("data", (chunk: string) => {
      const lines = (this.#rest + chunk).split("\n");
      this.#rest = lines.pop() ?? "";
      try {
        for (const line of lines) this.#line(JSON.parse(line) as Line);
        this.#check();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #line({ result }: Line): void {
    if (result === undefined || result.canceled) throw new Error("the watch ended");
    if (result.created) this.#created.resolve();
    this.messages += 1;
    this.member = Number(result.header?.member_id);
    for (const event of result.events ?? []) this.#saw(event);
  }

  #saw(event: WatchEvent): void {
    const name = nameOf(event);
    const expected = this.#truth[this.seen];
    if (expected === undefined) this.#truth.push(name);
    else if (expected !== name) throw new Error(`${name} came in the place of ${expected}`);
    this.seen += 1;
    this.#last = Number(event.kv.mod_revision);
  }

  #check(): void {
    if (this.#last < this.#goal) return;
    this.#ended.resolve();
    this.close();
  }

  #fail(error: unknown): void {
    this.#created.reject(error);
    this.#ended.reject(error);
    this.close();
  }
}
