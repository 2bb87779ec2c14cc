import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { RunOptions, RunResult } from "./run.ts";

/** One seed to run; everything else is the same for all. */
export type Task = Pick<RunOptions, "seed" | "profile" | "seconds" | "faultLimit" | "naps">;

interface Waiting {
  readonly task: Task;
  resolve(result: RunResult): void;
  reject(error: Error): void;
}

/** What lives for a turn or two is most of what is made: with little room it is copied around. */
const resourceLimits = { maxYoungGenerationSizeMb: 160 };

/** Threads that run seeds. A seed is one thread's alone, so its trace is what it always is. */
export class Pool {
  readonly #waiting: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();

  constructor(threads: number) {
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(join(import.meta.dirname, "pool-worker.ts"), { resourceLimits });
      worker.on("message", (result: RunResult) => this.#finished(worker, result));
      worker.on("error", (error: Error) => this.#busy.get(worker)?.reject(error));
      this.#all.push(worker);
      this.#idle.push(worker);
    }
  }

  run(task: Task): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  #next(): void {
    const worker = this.#idle.pop();
    if (worker === undefined) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#idle.push(worker);
      return;
    }
    this.#busy.set(worker, waiting);
    worker.postMessage(waiting.task);
  }

  #finished(worker: Worker, result: RunResult): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    this.#idle.push(worker);
    waiting?.resolve(result);
    this.#next();
  }
}
