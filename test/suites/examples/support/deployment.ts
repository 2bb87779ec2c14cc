import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  convertV4MiniflareOptions,
  fetch,
  Miniflare,
  type Request,
  type RequestInit,
  type Response,
  type V4MiniflareOptions,
} from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { temporaryFolder } from "../../../support/runtime.ts";

const root = join(import.meta.dirname, "../../../..");
const store = "durable-raft";
/** The store lets in nobody who does not know it. */
const token = "a secret";

/** What answers the example in the store's place. */
export type Line = (request: Request) => Promise<Response>;

type WorkerOptions = Extract<V4MiniflareOptions, { workers: unknown }>["workers"][number];

function built(name: string, configPath: string, bundlePath: string): WorkerOptions {
  if (!existsSync(bundlePath)) {
    const how = "run `npm run bundle && npm run bundle:examples` first";
    throw new Error(`${bundlePath} is not there: ${how}`);
  }
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, configPath));
  return {
    ...workerOptions,
    ...{ name, rootPath: dirname(bundlePath) },
    bindings: { ...(workerOptions.bindings as Record<string, string>), TOKEN: token },
    modules: [{ type: "ESModule", path: bundlePath }],
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  } as WorkerOptions;
}

/** An example and the store that is bound to it, both as they are deployed. */
export class Deployment {
  readonly #options: V4MiniflareOptions;
  #miniflare: Miniflare;
  #example = "";
  #store = "";

  private constructor(options: V4MiniflareOptions) {
    this.#options = options;
    this.#miniflare = new Miniflare(convertV4MiniflareOptions(options));
  }

  /** Throws where a bundle was not built. */
  static async start(name: string, line?: Line): Promise<Deployment> {
    const bundlePath = join(root, "dist/examples", name, "index.js");
    const example = built("example", `examples/${name}/wrangler.toml`, bundlePath);
    if (line !== undefined) example.serviceBindings = { ...example.serviceBindings, KV: line };
    const raft = built(store, "wrangler.toml", join(root, "dist/worker/worker.js"));
    const deployment = new Deployment({
      ...{ host: "127.0.0.1", port: 0, resourcePersistencePath: temporaryFolder() },
      workers: [example, raft],
    });
    await deployment.#ready();
    return deployment;
  }

  async #ready(): Promise<void> {
    await this.#miniflare.ready;
    const url = async (worker: string) => (await this.#miniflare.unsafeGetDirectURL(worker)).origin;
    this.#example = await url("example");
    this.#store = await url(store);
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose();
  }

  /** All objects lose their memory, and keep their storage. */
  async restart(): Promise<void> {
    await this.stop();
    this.#miniflare = new Miniflare(convertV4MiniflareOptions(this.#options));
    await this.#ready();
  }

  /** A request of the example. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#example}${path}`, init);
  }

  /** A request of the store. */
  askStore(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    return fetch(`${this.#store}${path}`, { ...init, headers });
  }

  /** The answer of a method of the store. Throws where it is an error. */
  async call<T>(method: string, message: object): Promise<T> {
    const init = { method: "POST", body: JSON.stringify(message) };
    const response = await this.askStore(`/v3/${method}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
