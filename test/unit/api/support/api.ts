/** The deployed bundle over HTTP. Every test has a cluster of its own, named by `x-cluster`. */
import assert from "node:assert/strict";
import { HttpStream, SocketStream } from "../../../suites/parity/stream.ts";
import { b } from "../../../support/base64.ts";
import { Runtime } from "../../../support/runtime.ts";

export { b };

/** The text of a base64 value; "" for one that was left out. */
export const fromB64 = (base64: string | undefined): string =>
  Buffer.from(base64 ?? "", "base64").toString();

export interface Kv {
  readonly key: string;
  readonly value?: string;
  readonly version?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
  readonly lease?: string;
}

export interface WatchEvent {
  readonly type?: "DELETE";
  readonly kv: Kv;
  readonly prev_kv?: Kv;
}

export interface Reply {
  readonly header?: Readonly<Record<string, string>>;
  readonly kvs?: readonly Kv[];
  readonly count?: string;
  readonly more?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says is asserted on
  readonly [field: string]: any;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const waitMs = 20_000;

export class ApiCluster {
  readonly url: string;
  readonly name: string;
  token = "";

  constructor(url: string, name: string) {
    this.url = url;
    this.name = name;
  }

  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const authorization: Record<string, string> =
      this.token === "" ? {} : { authorization: this.token };
    return { "x-cluster": this.name, ...authorization, ...more };
  }

  async request(
    method: string,
    path: string,
    body?: BodyInit,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: this.headers(headers),
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: AbortSignal.timeout(waitMs),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** The answer of a method that succeeds. */
  async call(path: string, body: object | string = {}): Promise<Reply> {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await this.request("POST", `/v3/${path}`, sent);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return JSON.parse(answer.text) as Reply;
  }

  /** The error of a method that fails: its text, without etcd's prefix. */
  async fails(path: string, body: object | string = {}): Promise<string> {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await this.request("POST", `/v3/${path}`, sent);
    assert.notEqual(answer.status, 200, `${path}: ${answer.text}`);
    const { error, message, code } = JSON.parse(answer.text) as Reply;
    assert.equal(error, message);
    assert.equal(typeof code, "number");
    return String(message).replace(/^etcdserver: /, "");
  }

  put(key: string, value: string, more: object = {}): Promise<Reply> {
    return this.call("kv/put", { key: b(key), value: b(value), ...more });
  }

  get(key: string, more: object = {}): Promise<Reply> {
    return this.call("kv/range", { key: b(key), ...more });
  }

  /** The value of a key; undefined where it is not there. */
  async value(key: string): Promise<string | undefined> {
    const { kvs } = await this.get(key);
    return kvs?.[0] === undefined ? undefined : fromB64(kvs[0].value);
  }

  remove(key: string, more: object = {}): Promise<Reply> {
    return this.call("kv/deleterange", { key: b(key), ...more });
  }

  stream(path: string, body: object | string): Stream {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const stream = HttpStream.open(`${this.url}/v3/${path}`, sent, this.headers());
    return new Stream(stream);
  }

  watch(...requests: object[]): Stream {
    return this.stream("watch", requests.map((request) => JSON.stringify(request)).join(""));
  }

  socket(path: string, first: object): SocketStream {
    // Node's WebSocket sends no headers: the cluster is the default one.
    return SocketStream.open(`${this.url}/v3/${path}`, JSON.stringify(first));
  }
}

/** The messages of a stream. */
export class Stream {
  readonly #stream: HttpStream;

  constructor(stream: HttpStream) {
    this.#stream = stream;
  }

  /** The next message as it is; undefined after the end. */
  async raw(withinMs = waitMs): Promise<Reply | undefined> {
    const line = await this.#stream.next(withinMs);
    return line === undefined ? undefined : (JSON.parse(line) as Reply);
  }

  /** The next result. */
  async next(withinMs = waitMs): Promise<Reply> {
    const message = await this.raw(withinMs);
    assert.ok(message?.result, `no result: ${JSON.stringify(message)}`);
    return message.result as Reply;
  }

  /** The next events. */
  async events(): Promise<readonly WatchEvent[]> {
    const result = await this.next();
    assert.ok(result.events, `no events: ${JSON.stringify(result)}`);
    return result.events as WatchEvent[];
  }

  close(): void {
    this.#stream.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A server, and clusters on it. */
export class Api {
  readonly runtime: Runtime;
  #count = 0;

  private constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  /** Clusters of one member each, unless `vars` says otherwise. */
  static async start(vars: Readonly<Record<string, string>> = {}): Promise<Api> {
    return new Api(await Runtime.start({ vars: { DEVELOPMENT: "true", MEMBERS: "1", ...vars } }));
  }

  /** A cluster that nobody has used. */
  cluster(): ApiCluster {
    this.#count += 1;
    return new ApiCluster(this.runtime.url, `c${this.#count}`);
  }

  named(name: string): ApiCluster {
    return new ApiCluster(this.runtime.url, name);
  }

  stop(): Promise<void> {
    return this.runtime.kill();
  }
}

/** A prefix as a range. */
export const prefix = (key: string): { range_end: string } => {
  if (key === "") return { range_end: b("\0") };
  const bytes = Buffer.from(key);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return { range_end: bytes.toString("base64") };
};

export const fromKey = { range_end: b("\0") };

export const keysOf = ({ kvs }: Reply): string[] => (kvs ?? []).map(({ key }) => fromB64(key));
