import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface RuntimeOptions {
  /** Where Durable Objects keep their storage. */
  readonly folder: string;
  /** Overrides of wrangler.toml's vars. */
  readonly vars: Readonly<Record<string, string>>;
  /** The bundle that `npm run bundle` wrote. */
  readonly bundlePath: string;
  readonly configPath: string;
  /** 0: any free port. */
  readonly port: number;
  /** What workerd says of itself is not shown: of one that is attacked, that is much. */
  readonly quiet?: boolean;
  /** Whether Chrome's protocol is served for what runs in it. */
  readonly inspected?: boolean;
}

export type RuntimeCommand =
  | {
      readonly kind: "start";
      readonly options: RuntimeOptions;
      /** What an earlier start made of the configuration. */
      readonly workerOptions: Record<string, unknown> | undefined;
    }
  | { readonly kind: "stop" };

export type RuntimeReply =
  | {
      readonly kind: "ready";
      readonly url: string;
      /** "" where nothing is inspected. */
      readonly inspectorUrl: string;
      readonly workerOptions: Record<string, unknown>;
    }
  | { readonly kind: "failed"; readonly message: string };

/** workerd with the deployed bundle, in a process group of its own. */
export class Runtime {
  readonly url: string;
  /** "" where nothing is inspected. */
  readonly inspectorUrl: string;
  readonly options: RuntimeOptions;
  readonly #child: ChildProcess;
  readonly #workerOptions: Record<string, unknown>;

  private constructor(
    { url, inspectorUrl, workerOptions }: RuntimeReply & { readonly kind: "ready" },
    options: RuntimeOptions,
    child: ChildProcess,
  ) {
    this.url = url.replace(/\/$/, "");
    this.inspectorUrl = inspectorUrl.replace(/\/$/, "");
    this.options = options;
    this.#child = child;
    this.#workerOptions = workerOptions;
  }

  /**
   * Throws where the bundle was not built, or workerd does not start.
   *
   * @param like has read the same configuration, which takes longer than to start workerd.
   */
  static start(given: Partial<RuntimeOptions> = {}, like?: Runtime): Promise<Runtime> {
    return Runtime.#start(given, like === undefined ? undefined : like.#workerOptions);
  }

  static async #start(
    given: Partial<RuntimeOptions>,
    workerOptions: Record<string, unknown> | undefined,
  ): Promise<Runtime> {
    const options: RuntimeOptions = {
      folder: given.folder ?? temporaryFolder(),
      vars: given.vars ?? { DEVELOPMENT: "true" },
      bundlePath: given.bundlePath ?? join(root, "dist/worker/worker.js"),
      configPath: given.configPath ?? join(root, "wrangler.toml"),
      port: given.port ?? 0,
      quiet: given.quiet ?? false,
      inspected: given.inspected ?? false,
    };
    if (!existsSync(options.bundlePath)) {
      throw new Error(`${options.bundlePath} is not there: run \`npm run bundle\` first`);
    }
    const log = process.env.RUNTIME_LOG ? "inherit" : "ignore";
    const child = fork(join(import.meta.dirname, "runtime-process.ts"), {
      detached: true,
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", log, options.quiet ? log : "inherit", "ipc"],
    });
    child.send({ kind: "start", options, workerOptions } satisfies RuntimeCommand);
    const reply = await Promise.race([
      once(child, "message").then(([message]) => message as RuntimeReply),
      once(child, "exit").then(([code]): RuntimeReply => {
        return { kind: "failed", message: `the runtime's process ended with ${String(code)}` };
      }),
    ]);
    if (reply.kind === "failed") {
      killGroup(child, "SIGKILL");
      throw new Error(reply.message);
    }
    return new Runtime(reply, options, child);
  }

  /** All processes of it. */
  get processGroup(): number {
    return this.#child.pid ?? 0;
  }

  /** SIGKILL for workerd and everything around it: nothing gets to say goodbye. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    killGroup(this.#child, "SIGKILL");
    await gone;
  }

  /** SIGSTOP: every member stands still, sockets stay open. */
  pause(): void {
    killGroup(this.#child, "SIGSTOP");
  }

  resume(): void {
    killGroup(this.#child, "SIGCONT");
  }

  /** Ends workerd in an orderly way; the storage stays. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.send({ kind: "stop" } satisfies RuntimeCommand);
    await gone;
  }

  /** `kill`, then the same storage served by a new process, at the port that was asked for. */
  async restart(): Promise<Runtime> {
    await this.kill();
    return Runtime.#start(this.options, this.#workerOptions);
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A folder that goes when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "durable-raft-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
