/** One step of the parity script: what is sent, and how much of the answer is awaited. */
export type Step = Call | Open | Send | Read | End | Close;

interface Named {
  /** Unique in the script: answers are recorded under it. */
  readonly name: string;
}

/** Values of an answer that later requests use: variable -> path in the answer's body. */
export type Saves = Readonly<Record<string, string>>;

/** A request with one answer. */
export interface Call extends Named {
  readonly kind: "call";
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: Options;
}

export interface Options {
  /** E.g. `{ member: "members.0.ID" }`, which `$member` then stands for in a body. */
  readonly save?: Saves;
  /** What is saved differs from run to run: answers show it as `<member>`. */
  readonly opaque?: true;
  /** Fields, at any depth, whose values are replaced by their type: sizes, hashes. */
  readonly blur?: readonly string[];
  /** Repeats the request until that many keys are counted: waits for another request to arrive. */
  readonly untilCount?: number;
  /** The first version of etcd that has it. An older reference is not asked. */
  readonly since?: string;
  /** The answer where the reference is too old, as the normaliser gives it. */
  readonly expect?: unknown;
  /** The text of the error is a decoder's own and is not compared. */
  readonly malformed?: true;
  /** Answer headers that are compared too. */
  readonly headers?: readonly string[];
}

/** A request whose answer is read message by message, under `stream`. */
export interface Open extends Named {
  readonly kind: "open";
  readonly stream: string;
  readonly webSocket: boolean;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Messages awaited now. */
  readonly messages: number;
  readonly options: Options;
}

/** Frames sent on an open WebSocket, and messages awaited. */
export interface Send extends Named {
  readonly kind: "send";
  readonly stream: string;
  readonly frames: readonly string[];
  readonly messages: number;
  readonly options: Options;
}

/** Messages awaited of a stream that is open. */
export interface Read extends Named {
  readonly kind: "read";
  readonly stream: string;
  readonly messages: number;
  readonly options: Options;
}

/** All further messages of a stream that the server ends. */
export interface End extends Named {
  readonly kind: "end";
  readonly stream: string;
  readonly options: Options;
}

/** The client goes away. */
export interface Close extends Named {
  readonly kind: "close";
  readonly stream: string;
}

export { b } from "../../support/base64.ts";

export type Body = string | object | undefined;

const bodyText = (body: Body): string | undefined =>
  typeof body === "object" ? JSON.stringify(body) : body;

/** Collects the steps of one part of the script. `$name` in a body stands for a saved value. */
export class Section {
  readonly #name: string;
  readonly steps: Step[] = [];
  #headers: Readonly<Record<string, string>> = {};

  constructor(name: string) {
    this.#name = name;
  }

  /** Headers of every request that follows. */
  withHeaders(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers;
  }

  post(name: string, path: string, body?: Body, options: Options = {}): void {
    this.request(name, "POST", path, body, {}, options);
  }

  get(name: string, path: string, options: Options = {}): void {
    this.request(name, "GET", path, undefined, {}, options);
  }

  request(
    name: string,
    method: string,
    path: string,
    body: Body,
    headers: Readonly<Record<string, string>>,
    options: Options = {},
  ): void {
    const all = { ...this.#headers, ...headers };
    const text = bodyText(body);
    this.#add({ kind: "call", name, method, path, body: text, headers: all, options });
  }

  open(stream: string, path: string, body: Body, messages: number, options: Options = {}): void {
    this.#open(false, stream, path, body, messages, options);
  }

  webSocket(stream: string, path: string, frame: Body, messages: number): void {
    this.#open(true, stream, path, frame, messages, {});
  }

  send(stream: string, frames: readonly Body[], messages: number): void {
    const name = `${stream} (send ${this.steps.length})`;
    const texts = frames.map((frame) => bodyText(frame) ?? "");
    this.#add({ kind: "send", name, stream, frames: texts, messages, options: {} });
  }

  read(stream: string, messages: number, options: Options = {}): void {
    const name = `${stream} (read ${this.steps.length})`;
    this.#add({ kind: "read", name, stream, messages, options });
  }

  end(stream: string, options: Options = {}): void {
    this.#add({ kind: "end", name: `${stream} (end)`, stream, options });
  }

  close(stream: string): void {
    this.#add({ kind: "close", name: `${stream} (close)`, stream });
  }

  /** A stream of which that many messages are read before the client goes away. */
  stream(name: string, path: string, body: Body, messages: number, options: Options = {}): void {
    this.open(name, path, body, messages, options);
    this.close(name);
  }

  /** A stream that the server ends by itself. */
  endingStream(name: string, path: string, body: Body, options: Options = {}): void {
    this.open(name, path, body, -1, options);
    this.end(name, options);
  }

  #open(
    webSocket: boolean,
    stream: string,
    path: string,
    body: Body,
    messages: number,
    options: Options,
  ): void {
    const opened = { kind: "open", name: `${stream} (open)`, stream, webSocket, path } as const;
    const headers = this.#headers;
    this.#add({ ...opened, body: bodyText(body), headers, messages, options });
  }

  #add(step: Step): void {
    this.steps.push({ ...step, name: `${this.#name}: ${step.name}` });
  }
}
