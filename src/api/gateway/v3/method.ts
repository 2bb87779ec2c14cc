/** A method of the API: takes the JSON of its request, and returns the JSON of its answer. */

import type { Response } from "../../../proto/generated/kv.ts";
import type { Message } from "../../../proto/message.ts";
import type { Consistency } from "../../../rpc/messages.ts";
import type { QueryBody, RequestBody } from "../../cluster/client.ts";
import type { Context } from "../../http/context.ts";
import { answerOf, type WithHeader } from "../../store/answer.ts";
import { readMessage } from "../json/read.ts";
import { writeMessage } from "../json/write.ts";

/** JSON as text or as UTF-8; parts of a long answer are cut between characters. */
export type Part = string | Uint8Array;

/**
 * One request, one answer: a text, or the parts of a long one as they are ready. The request is the
 * first JSON value of the text.
 */
export interface UnaryMethod {
  readonly kind: "unary";
  answer(context: Context, json: string): Promise<Part | AsyncIterable<Part>>;
}

/** A stream of requests and a stream of messages, each a JSON text. */
export interface StreamMethod {
  readonly kind: "stream";
  answer(context: Context, requests: AsyncIterable<string>): AsyncIterable<string>;
}

export type Method = UnaryMethod | StreamMethod;

export function unary<Q extends object, R extends object>(
  request: Message<Q>,
  response: Message<R>,
  handle: (context: Context, request: Q) => Promise<R>,
): UnaryMethod {
  return {
    kind: "unary",
    async answer(context, json) {
      return writeMessage(response, await handle(context, readMessage(request, json)));
    },
  };
}

export function stream<Q extends object, R extends object>(
  request: Message<Q>,
  response: Message<R>,
  handle: (context: Context, requests: AsyncIterable<Q>) => AsyncIterable<R>,
): StreamMethod {
  async function* read(values: AsyncIterable<string>): AsyncIterable<Q> {
    for await (const json of values) yield readMessage(request, json);
  }
  async function* answer(context: Context, values: AsyncIterable<string>): AsyncIterable<string> {
    for await (const message of handle(context, read(values))) {
      yield `{"result":${writeMessage(response, message)}}`;
    }
  }
  return { kind: "stream", answer };
}

/** A method that proposes an entry: `field` is its name in kvpb's Request and Response. */
export function proposal<Q extends object, R extends WithHeader>(
  request: Message<Q>,
  response: Message<R>,
  field: keyof RequestBody & keyof Response,
): UnaryMethod {
  return unary(request, response, async (context, body) => {
    const reply = await context.cluster.propose({ [field]: body }, context.call());
    return answerOf<R>(context, reply, field);
  });
}

/** A method that only reads: `field` is its name in kvpb's Query and Response. */
export function query<Q extends object, R extends WithHeader>(
  request: Message<Q>,
  response: Message<R>,
  field: keyof QueryBody & keyof Response,
  consistency: Consistency = "linearizable",
): UnaryMethod {
  return unary(request, response, async (context, body) => {
    const reply = await context.cluster.query({ [field]: body }, consistency, context.call());
    return answerOf<R>(context, reply, field);
  });
}
