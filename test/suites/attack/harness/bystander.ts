/** A client that does nobody any harm: it puts and reads one key all the time. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

export interface BystanderOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Between a read and the next put. */
  readonly paceMs: number;
}

/** What happened since it was asked last. Waits are until an answer with 200, over all tries. */
export interface Seen {
  puts: number;
  reads: number;
  refusals: number;
  longestPutMs: number;
  longestReadMs: number;
  /** Of the last answer that was no 200. */
  lastRefusal: string;
}

export type BystanderWords = "tell" | "stop";

const defaultPaceMs = 40;

export class Bystander {
  readonly #thread: Worker;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    const workerData: BystanderOptions = { url, headers, paceMs: defaultPaceMs };
    const script = join(import.meta.dirname, "bystander-thread.ts");
    this.#thread = new Worker(script, { workerData });
    // Heard of by whoever asks next.
    this.#thread.on("error", () => undefined);
  }

  /** What it saw since it was asked last. */
  tell(): Promise<Seen> {
    return this.#say("tell");
  }

  /** The same, and it ends. */
  async stop(): Promise<Seen> {
    const seen = await this.#say("stop");
    await this.#thread.terminate();
    return seen;
  }

  async #say(word: BystanderWords): Promise<Seen> {
    const answer = once(this.#thread, "message");
    this.#thread.postMessage(word);
    const [seen] = (await answer) as [Seen];
    return seen;
  }
}
