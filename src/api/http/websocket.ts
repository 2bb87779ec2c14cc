/**
 * Every method as a WebSocket: each text frame is a piece of the request body, each line of the
 * answer a frame. A socket is the only way to send a second request on a stream that is open.
 */
import type { Context } from "../context.ts";
import { type Json, JsonReader, JsonSyntaxError } from "../json/text.ts";
import type { Route } from "../v3/route.ts";
import { maxJsonBytes, messageTooLarge } from "../v3/sizes.ts";
import { Mailbox } from "../watch/mailbox.ts";
import { told } from "./v3.ts";

/** What of a socket is used, whoever made it. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close" | "error", listener: () => void): void;
}

/** The text of frames as the JSON values that it holds, wherever the frames were cut. */
class FrameValues {
  readonly #frames = new Mailbox<string>();
  #text = "";

  push(frame: string): void {
    void this.#frames.put(`${frame}\n`);
  }

  close(): void {
    this.#frames.close();
  }

  /** Throws JsonSyntaxError for what is none, ApiError for what is larger than a request may be. */
  async *values(): AsyncIterable<Json> {
    for (;;) {
      const frame = await this.#frames.take();
      if (frame === undefined) return;
      this.#text += frame;
      if (this.#text.length > maxJsonBytes) throw messageTooLarge(this.#text.length);
      yield* this.#complete();
    }
  }

  *#complete(): Iterable<Json> {
    const text = this.#text;
    const reader = new JsonReader(text);
    this.#text = "";
    while (!reader.atEnd()) {
      const start = reader.position;
      let value: Json;
      try {
        value = reader.next();
      } catch (error) {
        if (!(error instanceof JsonSyntaxError && error.unfinished)) throw error;
        this.#text = text.slice(start);
        return;
      }
      yield value;
    }
  }
}

/** Serves one socket until either side ends it. */
export async function serveSocket(context: Context, route: Route, socket: Socket): Promise<void> {
  const frames = new FrameValues();
  let open = true;
  const left = new Promise<void>((resolve) => {
    const leave = () => {
      open = false;
      context.leave();
      frames.close();
      resolve();
    };
    socket.addEventListener("close", leave);
    socket.addEventListener("error", leave);
  });
  socket.addEventListener("message", ({ data }) => {
    frames.push(typeof data === "string" ? data : new TextDecoder().decode(data as ArrayBuffer));
  });
  const lines = linesOf(context, route, frames.values())[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), left]);
    if (next === undefined || next.done || !open) break;
    socket.send(next.value);
  }
  void lines.return?.();
  if (open) socket.close(1000, "");
}

async function* linesOf(
  context: Context,
  route: Route,
  values: AsyncIterable<Json>,
): AsyncIterable<string> {
  try {
    if (route.kind === "stream") {
      yield* route.answer(context, values);
      return;
    }
    for await (const json of values) {
      const answer = await route.answer(context, json);
      if (typeof answer === "string") {
        yield answer;
      } else {
        let whole = "";
        for await (const part of answer) whole += part;
        yield whole;
      }
      return;
    }
  } catch (error) {
    const reason = told(context, error);
    yield route.kind === "stream" ? reason.streamBody() : reason.body();
  }
}
