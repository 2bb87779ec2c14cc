/** Clients that are not nice: they ask much at once, do not read, and go away. */
import { Agent, type ClientRequest, type IncomingMessage, request as send } from "node:http";

export interface Asked {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** `status` 0: there was no answer, and `text` says why. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const defaultTimeoutMs = 30_000;

/** Ends the connections that wait for another request. */
export function closeIdle(): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

function begin(url: string, asked: Asked, own: boolean): ClientRequest {
  const { method = asked.body === undefined ? "GET" : "POST", body, headers = {} } = asked;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const sent = send(url, {
    method,
    headers: { ...length, ...headers },
    agent: own ? false : agent,
  });
  sent.end(body);
  return sent;
}

/** The whole answer to a request. Never rejects. */
export function ask(url: string, asked: Asked = {}): Promise<Answered> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const sent = begin(url, asked, false);
    const ended = (status: number, text: string) => {
      clearTimeout(timer);
      resolve({ status, text, ms: performance.now() - begun });
    };
    const timeoutMs = asked.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => {
      ended(0, `no answer within ${timeoutMs} ms`);
      sent.destroy();
    }, timeoutMs);
    sent.on("error", (error) => ended(0, String(error)));
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", (error) => ended(0, String(error)));
      response.on("close", () => ended(0, "the answer broke off"));
      response.on("end", () => {
        ended(response.statusCode ?? 0, Buffer.concat(parts).toString("utf8"));
      });
    });
  });
}

/** A request of which the answer is not read. */
export class Held {
  readonly #sent: ClientRequest;
  /** The status once there is an answer; 0 where the connection ended before. */
  readonly status: Promise<number>;

  constructor(url: string, asked: Asked = {}) {
    this.#sent = begin(url, asked, true);
    this.status = new Promise((resolve) => {
      this.#sent.on("error", () => resolve(0));
      this.#sent.on("close", () => resolve(0));
      this.#sent.on("response", (response: IncomingMessage) => {
        response.on("error", () => resolve(0));
        response.pause();
        resolve(response.statusCode ?? 0);
      });
    });
  }

  /** Goes away without a word. */
  leave(): void {
    this.#sent.destroy();
  }
}

/** Runs `work` for 0 to count - 1, so many at a time, until one of them returns false. */
export async function each(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const goOn = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      if ((await work(index)) === false) next = count;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, goOn));
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
