/**
 * Every method as a WebSocket: each text frame is a piece of the request body, each line of the
 * answer a frame. Only a socket can send a second request on an open stream.
 */
import { errors } from "../../etcd/errors.ts";
import { ApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import type { Socket } from "../http/outbox.ts";
import { FrameValues } from "./frames.ts";
import { clientError } from "./http.ts";
import type { Method, Part } from "./v3/method.ts";

/** Characters of an answer in one frame: the platform sends no larger one. */
export const maxFrameChars = 33_554_432;

/** How long a stranger's connection stays open after its socket was closed here. */
export const maxClosingMs = 5_000;

/**
 * Serves one socket until either side ends it. `end` is called for a stranger that does not close
 * its side, since the platform would wait for its Close for ever.
 */
export async function serveSocket(
  context: Context,
  method: Method,
  socket: Socket,
  end: () => void,
): Promise<void> {
  const frames = new FrameValues(context);
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
    frames.push(data as string | ArrayBuffer);
  });
  const values = frames.values()[Symbol.asyncIterator]();
  const lines = linesOf(context, method, values)[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), left]);
    if (next === undefined || next.done || !open) break;
    socket.send(next.value);
  }
  void lines.return?.();
  context.answers.release();
  if (!open) return;
  socket.close(1000, "");
  if (!context.isStranger) return;
  // A known client may need time to read what was sent; a stranger was sent one line.
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const cancel = context.clock.after(maxClosingMs, () => resolve("late"));
  if ((await Promise.race([left, late])) === "late") end();
  cancel();
}

async function* linesOf(
  context: Context,
  method: Method,
  values: AsyncIterator<string>,
): AsyncIterable<string> {
  try {
    if (method.kind === "stream") {
      yield* context.whileKnown(method.answer(context, { [Symbol.asyncIterator]: () => values }));
      return;
    }
    const first = await context.inTime(values.next());
    if (!first.done) yield await wholeOf(await method.answer(context, first.value));
  } catch (error) {
    const reason = clientError(context, error);
    yield method.kind === "stream" ? reason.streamBody() : reason.body();
  }
}

/** An answer as one text. Throws ApiError where that is too long. */
async function wholeOf(answer: Part | AsyncIterable<Part>): Promise<string> {
  if (typeof answer === "string" || answer instanceof Uint8Array) return partText(answer);
  let whole = "";
  for await (const part of answer) {
    whole += partText(part);
    if (whole.length > maxFrameChars) throw ApiError.of(errors.responseTooLarge);
  }
  return whole;
}

const decoder = new TextDecoder();
const partText = (part: Part): string => (typeof part === "string" ? part : decoder.decode(part));
