/** Answers that come message by message. */

export interface MessageStream {
  /** The next line or frame; undefined when the server has ended the stream. */
  next(waitMs: number): Promise<string | undefined>;
  status(): Promise<number>;
  send(text: string): void;
  close(): void;
}

const nothing = "<nothing came>";

/** Reads messages; what comes for a read that was not waited for is the next one's. */
class Messages {
  readonly #read: () => Promise<string | undefined>;
  #reading: Promise<string | undefined> | undefined;

  constructor(read: () => Promise<string | undefined>) {
    this.#read = read;
  }

  async next(waitMs: number): Promise<string | undefined> {
    this.#reading ??= this.#read();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<typeof nothing>((resolve) => {
      timer = setTimeout(() => resolve(nothing), waitMs);
    });
    try {
      const message = await Promise.race([this.#reading, late]);
      if (message !== nothing) this.#reading = undefined;
      return message;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The lines of a response body. */
export class HttpStream implements MessageStream {
  readonly #response: Promise<Response>;
  readonly #abort: AbortController;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new TextDecoder();
  readonly #messages = new Messages(() => this.#next());
  #text = "";
  #ended = false;

  private constructor(response: Promise<Response>, abort: AbortController) {
    this.#response = response;
    this.#abort = abort;
    response.catch(() => undefined);
  }

  static open(url: string, body: string, headers: Record<string, string>): HttpStream {
    const abort = new AbortController();
    const init = { method: "POST", body, headers, signal: abort.signal };
    return new HttpStream(fetch(url, init), abort);
  }

  next(waitMs: number): Promise<string | undefined> {
    return this.#messages.next(waitMs);
  }

  async status(): Promise<number> {
    return (await this.#response).status;
  }

  send(): void {
    throw new Error("a request that was sent takes nothing more");
  }

  close(): void {
    this.#abort.abort();
  }

  async #next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#ended) {
        const rest = this.#text;
        this.#text = "";
        return rest === "" ? undefined : rest;
      }
      this.#reader ??= (await this.#response).body?.getReader();
      const part = await this.#reader?.read();
      if (part === undefined || part.done) this.#ended = true;
      else this.#text += this.#decoder.decode(part.value, { stream: true });
    }
  }
}

/** The frames of a WebSocket. */
export class SocketStream implements MessageStream {
  readonly #socket: WebSocket;
  readonly #frames: string[] = [];
  readonly #messages = new Messages(() => this.#next());
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#frames.push(String(data));
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
  }

  static open(url: string, frame: string): SocketStream {
    const socket = new WebSocket(url.replace(/^http/, "ws"));
    const stream = new SocketStream(socket);
    socket.addEventListener("open", () => socket.send(frame));
    return stream;
  }

  next(waitMs: number): Promise<string | undefined> {
    return this.#messages.next(waitMs);
  }

  async status(): Promise<number> {
    return 101;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }

  async #next(): Promise<string | undefined> {
    while (this.#frames.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift();
  }
}
