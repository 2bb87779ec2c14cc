import { Runtime, type RuntimeOptions } from "../../../support/runtime.ts";

export type ProcessState = "up" | "paused" | "down";

/** A process of workerd that some members live in: at one address, on one folder, for ever. */
export class MemberProcess {
  readonly members: readonly number[];
  readonly url: string;
  readonly #options: RuntimeOptions;
  #runtime: Runtime | undefined;
  #state: ProcessState = "down";
  /** How often it was started. */
  starts = 0;

  constructor(members: readonly number[], options: RuntimeOptions) {
    this.members = members;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#options = options;
  }

  get name(): string {
    return `process of ${this.members.map((id) => `m${id}`).join(" ")}`;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** @param like has read the same configuration already. */
  async start(like?: MemberProcess): Promise<void> {
    this.#runtime =
      this.#runtime === undefined
        ? await Runtime.start(this.#options, like?.runtime)
        : await this.#runtime.restart();
    this.starts += 1;
    this.#state = "up";
  }

  get runtime(): Runtime | undefined {
    return this.#runtime;
  }

  /** SIGKILL, also for one that is paused. */
  async kill(): Promise<void> {
    this.#state = "down";
    await this.#runtime?.kill();
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state !== "up") throw new Error(`${this.name} is ${this.#state}`);
    this.#state = "paused";
    this.#runtime?.pause();
  }

  /** SIGCONT, where it is still paused. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "up";
    this.#runtime?.resume();
  }
}
