/** Configuration that follows its changes, and is read without asking the store. */

import { DurableObject } from "cloudflare:workers";
import { type KvBindings, KvError, kvFetch } from "../../kv.ts";

interface Bindings extends KvBindings {
  readonly CONFIG: DurableObjectNamespace<Config>;
}

/** A key as /kv lists it and its events tell of it; of a deleted one only key and revision. */
interface Entry {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
}

const prefix = "config/";
const maxKeys = 10_000;
/** The store says something every 15 seconds: whoever hears nothing for longer is cut off. */
const silenceMs = 40_000;
/** An open watch keeps the object awake, which is billed: it ends when nobody has asked so long. */
const idleMs = 60_000;
const againMs = 500;
/** How long a request waits for the first answer of the store. */
const firstMs = 10_000;

/** All keys below the prefix, kept as they are in the store. */
export class Config extends DurableObject<KvBindings> {
  /** Undefined until they were listed once. */
  #entries: Map<string, Entry> | undefined;
  /** The entries are those of this revision; 0: only a new list can tell what they are. */
  #revision = 0;
  #askedMs = 0;
  #watching: Promise<void> | undefined;
  /** Resolves when changes come as they are made, or have not come for long. */
  #ready = Promise.withResolvers<void>();

  override async fetch(request: Request): Promise<Response> {
    this.#askedMs = Date.now();
    this.#watching ??= this.#watch();
    await this.#ready.promise;
    // What was so once is better than nothing while the store cannot be reached.
    if (this.#entries === undefined) return new Response("no configuration yet\n", { status: 503 });
    const name = new URL(request.url).pathname.replace(/^\/config\/?/, "");
    const entry = this.#entries.get(prefix + name);
    if (name !== "" && entry === undefined) return new Response("not set\n", { status: 404 });
    const etag = `"${entry?.mod_revision ?? this.#revision}"`;
    const headers = { etag, "cache-control": "no-cache" };
    if (request.headers.get("if-none-match")?.includes(etag)) {
      return new Response(null, { status: 304, headers });
    }
    if (entry !== undefined) return new Response(entry.value ?? "", { headers });
    const values = [...this.#entries].map(([key, { value }]) => [key.slice(prefix.length), value]);
    return Response.json(Object.fromEntries(values), { headers });
  }

  /** Keeps the entries current until nobody asks any more; after a break goes on where it was. */
  async #watch(): Promise<void> {
    const late = setTimeout(() => this.#ready.resolve(), firstMs);
    while (Date.now() - this.#askedMs < idleMs) {
      try {
        if (this.#revision === 0) await this.#list();
        await this.#follow();
      } catch (error) {
        console.warn(`the watch broke at revision ${this.#revision}: ${error}`);
        // What came after the revision seen last was compacted: events cannot tell what is gone.
        if (error instanceof KvError && /compacted/.test(error.message)) this.#revision = 0;
      }
      await scheduler.wait(againMs);
    }
    clearTimeout(late);
    // Whoever comes next must not see what was so when this ended.
    this.#revision = 0;
    this.#ready = Promise.withResolvers();
    this.#watching = undefined;
  }

  async #list(): Promise<void> {
    const signal = AbortSignal.timeout(silenceMs);
    const response = await this.#get(`limit=${maxKeys}`, { signal });
    const list = (await response.json()) as { revision: string; kvs: Entry[]; more: boolean };
    if (list.more) throw new Error(`there are more than ${maxKeys} keys below ${prefix}`);
    this.#entries = new Map(list.kvs.map((entry) => [entry.key, entry]));
    this.#revision = Number(list.revision);
  }

  /** Takes in what has changed since the revision, until the stream ends. */
  async #follow(): Promise<void> {
    const silence = new AbortController();
    const abort = () => silence.abort(new Error("the store has fallen silent"));
    let timer = setTimeout(abort, silenceMs);
    try {
      const headers = { accept: "text/event-stream", "last-event-id": String(this.#revision) };
      const { body } = await this.#get("", { headers, signal: silence.signal });
      this.#ready.resolve();
      let text = "";
      let changes: Entry[] = [];
      for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        clearTimeout(timer);
        timer = setTimeout(abort, silenceMs);
        if (Date.now() - this.#askedMs >= idleMs) return;
        const blocks = (text + part).split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) changes = this.#take(block, changes);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes in an event. Those of one revision take effect together, with the last and its id. */
  #take(block: string, before: readonly Entry[]): Entry[] {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
    const data = field("data");
    if (data === undefined) return [...before];
    if (field("event") === "error") throw new KvError(500, data);
    const changes = [...before, JSON.parse(data) as Entry];
    const id = field("id");
    if (id === undefined) return changes;
    for (const entry of changes) {
      if (entry.value === undefined) this.#entries?.delete(entry.key);
      else this.#entries?.set(entry.key, entry);
    }
    this.#revision = Number(id);
    return [];
  }

  async #get(query: string, init: RequestInit): Promise<Response> {
    const response = await kvFetch(this.env, `/kv?prefix=${prefix}&${query}`, init);
    if (!response.ok) throw new KvError(response.status, await response.text());
    return response;
  }
}

export default {
  fetch(request, bindings): Promise<Response> | Response {
    const { pathname } = new URL(request.url);
    const known = request.method === "GET" && /^\/config(\/[\w./-]*)?$/.test(pathname);
    if (!known) return new Response("GET /config/<name>, or /config/\n", { status: 404 });
    // One object for all; where that is too far for some, one a region: getByName(region).
    return bindings.CONFIG.getByName("all").fetch(request);
  },
} satisfies ExportedHandler<Bindings>;
