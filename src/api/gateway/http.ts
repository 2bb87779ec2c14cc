/** etcd's JSON gateway: requests under /v3/. */

import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError, asApiError } from "../base/error.ts";
import { readBody } from "../http/body.ts";
import type { Context } from "../http/context.ts";
import { deadlineExceeded } from "../http/deadline.ts";
import { pulsing } from "../http/pulse.ts";
import { failure, gatewayAnswer } from "../http/respond.ts";
import { bodyOf, streamOf, unreadMs } from "../http/stream.ts";
import { textOfBody } from "../http/utf8.ts";
import { maxJsonBytes, messageTooLarge } from "../store/sizes.ts";
import { JsonReader } from "./json/text.ts";
import type { Method, StreamMethod, UnaryMethod } from "./v3/method.ts";

export const unknownPath = new ApiError(GrpcCode.NotFound, "Not Found");

/** All values of a text. An error after the first value just ends them. */
async function* valuesOf(text: string): AsyncIterable<string> {
  const reader = new JsonReader(text);
  for (let first = true; !reader.atEnd(); first = false) {
    let value: string;
    try {
      value = reader.raw();
    } catch (error) {
      if (first) throw error;
      return;
    }
    yield value;
  }
}

/** Errors that etcd's server does not translate, so that they reach clients without their code. */
const uncoded = new Set<ErrorKind>([errors.tooManyRequests, errors.memberNotEnoughStarted]);

/** The ApiError that a client sees for a thrown value. */
export function clientError(context: Context, thrown: unknown): ApiError {
  const error = asApiError(thrown);
  const { code, kind, message } = error;
  if (kind !== undefined && uncoded.has(kind)) return new ApiError(GrpcCode.Unknown, message, kind);
  const passing = code === GrpcCode.Unavailable || kind === errors.canceled;
  const late = context.isOverdue() && passing;
  return late ? deadlineExceeded : error;
}

/** Answers a POST to one of the methods. */
export async function answerMethod(
  context: Context,
  method: Method,
  request: Request,
): Promise<Response> {
  try {
    const body = await readBody(context, request, maxJsonBytes, messageTooLarge);
    if (context.isOverdue()) throw deadlineExceeded;
    const text = textOfBody(body);
    if (method.kind === "unary") return await answerUnary(context, method, text);
    return await answerStream(context, method, text);
  } catch (error) {
    return failure(clientError(context, error));
  }
}

async function answerUnary(context: Context, method: UnaryMethod, text: string): Promise<Response> {
  const answer = await method.answer(context, text);
  const whole = typeof answer === "string" || answer instanceof Uint8Array;
  return gatewayAnswer(whole ? bodyOf(context, answer) : streamOf(context, answer, { unreadMs }));
}

/** The response has the status of the first message, so it waits for that. */
async function answerStream(
  context: Context,
  method: StreamMethod,
  text: string,
): Promise<Response> {
  const close = context.keepOpen();
  const answers = method.answer(context, valuesOf(text));
  const messages = pulsing(context.whileKnown(answers), context.clock);
  let first: IteratorResult<string>;
  try {
    first = await messages.next();
  } catch (error) {
    close();
    const shown = clientError(context, error);
    return failure(shown, `${shown.streamBody()}\n`);
  }
  async function* lines(): AsyncIterable<string> {
    try {
      for (let message = first; !message.done; message = await messages.next()) {
        yield message.value;
      }
    } finally {
      close();
      await messages.return?.();
    }
  }
  const failed = (error: unknown) => `${clientError(context, error).streamBody()}\n`;
  return gatewayAnswer(streamOf(context, lines(), { failed, left: () => context.leave() }));
}
