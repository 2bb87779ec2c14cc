import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { temporaryFolder } from "./runtime.ts";

const root = join(import.meta.dirname, "../..");
const startMs = 120_000;

/** What `npm start` runs, at a port and on a folder of its own. */
export class DevelopmentServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Throws where it does not serve. */
  static async start(): Promise<DevelopmentServer> {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: { start: string };
    };
    const port = await freePort();
    const [command = "", ...args] = scripts.start.split(" ");
    // As `npm start -- --port` appends them.
    const where = [
      "--port",
      String(port),
      "--ip",
      "127.0.0.1",
      "--persist-to",
      temporaryFolder(),
      "--inspector-port",
      "0",
    ];
    const child = spawn(join(root, "node_modules/.bin", command), [...args, ...where], {
      ...{ cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] },
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" },
    });
    const server = new DevelopmentServer(`http://127.0.0.1:${port}`, child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-4_000);
      });
    }
    for (const start = performance.now(); ; ) {
      const response = await fetch(`${server.url}/version`).catch(() => undefined);
      if (response?.ok) return server;
      const gone = child.exitCode !== null || child.signalCode !== null;
      if (gone || performance.now() - start > startMs) {
        await server.stop();
        throw new Error(`npm start does not serve: ${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    await gone;
  }
}
