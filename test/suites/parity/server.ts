/** Sends the steps of the script to one server and collects its answers in their normal form. */
import { type Answer, normalise, normalStatus, type Variables, valueAt } from "./normalise.ts";
import type { Call, End, Open, Options, Read, Send, Step } from "./step.ts";
import { HttpStream, type MessageStream, SocketStream } from "./stream.ts";

const answerMs = Number(process.env.PARITY_WAIT_MS ?? 15_000);
const pollMs = 20;
const maxPolls = 500;

export class ParityServer {
  readonly #url: string;
  readonly #variables: Variables = new Map();
  readonly #streams = new Map<string, MessageStream>();

  constructor(url: string) {
    this.#url = url.replace(/\/$/, "");
  }

  /** The answer of a step; undefined for a step that has none. */
  async run(step: Step): Promise<Answer | undefined> {
    switch (step.kind) {
      case "call":
        return this.#call(step);
      case "open":
        return this.#open(step);
      case "send":
        return this.#send(step);
      case "read":
        return this.#read(step);
      case "end":
        return this.#end(step);
      case "close":
        this.#stream(step.stream).close();
        this.#streams.delete(step.stream);
        return undefined;
    }
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
  }

  #stream(name: string): MessageStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`no stream ${name} is open`);
    return stream;
  }

  #filled(text: string): string {
    return text.replaceAll(/\$([a-z]+)/g, (whole, name: string) => {
      const saved = this.#variables.get(name);
      return saved === undefined ? whole : String(saved.value);
    });
  }

  #headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    const filled = Object.entries(headers).map(([name, value]) => [name, this.#filled(value)]);
    return Object.fromEntries(filled) as Record<string, string>;
  }

  async #call(step: Call): Promise<Answer> {
    for (let polls = 0; ; polls += 1) {
      const response = await fetch(`${this.#url}${step.path}`, {
        method: step.method,
        headers: this.#headers(step.headers),
        ...(step.body === undefined ? {} : { body: this.#filled(step.body) }),
        redirect: "manual",
        signal: AbortSignal.timeout(answerMs),
      });
      const text = await response.text();
      const body = parsed(text);
      const { untilCount } = step.options;
      const count = Number(valueAt(body, "count") ?? 0);
      if (untilCount === undefined || count >= untilCount || polls === maxPolls) {
        return this.#answer(step.options, response, text, body);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  #answer(options: Options, response: Response, text: string, body: unknown): Answer {
    this.#save(options, body);
    const names = options.headers ?? [];
    const headers = Object.fromEntries(
      names.map((name) => [name, response.headers.get(name) ?? ""]),
    );
    const status = normalStatus(response.status);
    const shown = options.blur?.includes("text") ? "<text>" : text;
    return {
      status,
      ...(body === undefined
        ? { text: shown }
        : { body: normalise(body, options, this.#variables) }),
      ...(names.length === 0 ? {} : { headers }),
    };
  }

  #save({ save, opaque }: Options, body: unknown): void {
    for (const [name, path] of Object.entries(save ?? {})) {
      this.#variables.set(name, { value: valueAt(body, path), opaque: opaque ?? false });
    }
  }

  async #open(step: Open): Promise<Answer | undefined> {
    const body = this.#filled(step.body ?? "");
    const url = `${this.#url}${step.path}`;
    const headers = this.#headers(step.headers);
    const stream = step.webSocket
      ? SocketStream.open(url, body)
      : HttpStream.open(url, body, headers);
    this.#streams.set(step.stream, stream);
    // -1: the request is under way, its answer comes later.
    if (step.messages < 0) return undefined;
    return this.#messages(stream, step.messages, step.options);
  }

  async #send(step: Send): Promise<Answer> {
    const stream = this.#stream(step.stream);
    for (const frame of step.frames) stream.send(this.#filled(frame));
    return this.#messages(stream, step.messages, step.options);
  }

  #read(step: Read): Promise<Answer> {
    return this.#messages(this.#stream(step.stream), step.messages, step.options);
  }

  async #end(step: End): Promise<Answer> {
    const stream = this.#stream(step.stream);
    const answer = await this.#messages(stream, Number.POSITIVE_INFINITY, step.options);
    this.#streams.delete(step.stream);
    return answer;
  }

  async #messages(stream: MessageStream, count: number, options: Options): Promise<Answer> {
    const messages: unknown[] = [];
    let ended = false;
    while (messages.length < count && !ended) {
      const text = await stream.next(answerMs);
      if (text === undefined) {
        ended = true;
      } else if (text !== "") {
        const body = parsed(text) ?? text;
        this.#save(options, body);
        messages.push(normalise(body, options, this.#variables));
      }
    }
    const status = normalStatus(await stream.status());
    return { status, messages, ...(ended ? { ended: true as const } : {}) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
