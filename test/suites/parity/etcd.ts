/** A real etcd for reference: one member, on a folder of its own, for as long as it is needed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../support/free-port.ts";
import { temporaryFolder } from "../../support/runtime.ts";

/** The version of the etcd that is installed; undefined where none is. */
export function installedEtcd(): string | undefined {
  const { stdout } = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  return /etcd Version: ([0-9.]+)/.exec(stdout ?? "")?.[1];
}

export class Etcd {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(): Promise<Etcd> {
    const client = `http://127.0.0.1:${await freePort()}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    const options = {
      ...{ name: "n1", "data-dir": temporaryFolder(), "log-level": "error" },
      ...{ "listen-client-urls": client, "advertise-client-urls": client },
      ...{ "listen-peer-urls": peer, "initial-advertise-peer-urls": peer },
      "initial-cluster": `n1=${peer}`,
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn("etcd", args, { stdio: "ignore" });
    const etcd = new Etcd(client, child);
    for (let tries = 0; tries < 200; tries += 1) {
      const health = await fetch(`${client}/health`).catch(() => undefined);
      if (health?.ok) return etcd;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await etcd.stop();
    throw new Error("etcd does not become healthy");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}
