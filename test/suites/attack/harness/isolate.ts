/** What the isolate of a Worker and its objects holds, as workerd's inspector tells. */
import { sleep } from "./http.ts";

/** Runtime.getHeapUsage of Chrome's protocol. Bytes. */
interface HeapUsage {
  /** JavaScript's own. */
  readonly usedSize: number;
  /** What the platform keeps for objects of the isolate. */
  readonly embedderHeapUsedSize: number;
  /** Of all ArrayBuffers. */
  readonly backingStorageSize: number;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

type Settle = (reply: Reply) => void;

const lookMs = 500;
/** As miniflare names the Worker of these tests. */
const worker = "core:user:durable-raft";

export class Isolate {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Settle>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id !== undefined) this.#settle(reply.id, reply);
    });
    socket.addEventListener("close", () => {
      const error = { message: "the inspector has gone" };
      for (const id of this.#waiting.keys()) this.#settle(id, { error });
    });
  }

  /** Rejects where there is no inspector. */
  static async open(inspectorUrl: string): Promise<Isolate> {
    const socket = new WebSocket(`${inspectorUrl.replace(/^http/, "ws")}/${worker}`);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error(`no inspector: ${inspectorUrl}`)));
    });
    return new Isolate(socket);
  }

  /** Bytes of its heap and its buffers, garbage included. */
  async bytes(): Promise<number> {
    const usage = (await this.#ask("Runtime.getHeapUsage")) as HeapUsage;
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;
  }

  /** Resolves when all garbage is collected. */
  async collect(): Promise<void> {
    await this.#ask("HeapProfiler.collectGarbage");
  }

  close(): void {
    this.#socket.close();
  }

  /** Begins to look how much it holds, garbage not counted. What it returns tells the most. */
  watch(): () => Promise<number> {
    let most = 0;
    let goesOn = true;
    const look = async () => {
      // Garbage is collected only where it matters: that holds everybody up.
      if ((await this.bytes()) <= most) return;
      await this.collect();
      most = Math.max(most, await this.bytes());
    };
    const watching = (async () => {
      for (; goesOn; await sleep(lookMs)) await look();
      await look();
    })();
    // Heard of by whoever asks.
    watching.catch(() => undefined);
    return async () => {
      goesOn = false;
      await watching;
      return most;
    };
  }

  #ask(method: string): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }

  #settle(id: number, reply: Reply): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(reply);
  }
}
