/**
 * Changes of keys as server-sent events: GET /kv/... with `Accept: text/event-stream`. An event's
 * id is its revision, so that a client that reconnects with Last-Event-ID misses nothing.
 */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import {
  WatchCreateRequest,
  WatchRequest,
  type WatchResponse,
} from "../../proto/generated/etcd.ts";
import { ApiError, asApiError } from "../base/error.ts";
import type { Parameters } from "../http/parameters.ts";
import { type Manner, pulsing } from "../http/pulse.ts";
import { respond } from "../http/respond.ts";
import type { Asked } from "../http/route.ts";
import { streamOf } from "../http/stream.ts";
import { prefixRange } from "../store/key.ts";
import { errorOfReason } from "../watch/reason.ts";
import { ClientWatches } from "../watch/stream.ts";
import { eventTexts, failureText } from "./event-text.ts";
import { keyOf } from "./key.ts";

/** Events end with an empty line; the pulse is a comment. */
const eventStream: Manner = { end: "", pulse: ":\n\n" };

/** The first revision to send; 0 for changes from now on. Throws ApiError. */
function startRevision(request: Request, parameters: Parameters): number {
  // An empty id means none (HTML, 9.2.4).
  const last = request.headers.get("last-event-id") || undefined;
  const asked = parameters.text("revision");
  const text = last ?? asked;
  if (text === undefined) return 0;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text) + (last === undefined ? 0 : 1);
  throw new ApiError(GrpcCode.InvalidArgument, "revision and Last-Event-ID are numbers");
}

/** GET /kv/<key> for events: every change of the key. */
export const eventsOfKey = (asked: Asked): Promise<Response> =>
  events(asked, { key: keyOf(asked) });

/** GET /kv?prefix= for events: every change of a key with this prefix. */
export const eventsOfPrefix = (asked: Asked): Promise<Response> =>
  events(asked, prefixRange(asked.parameters.bytes("prefix") ?? new Uint8Array()));

/** A response with every change of a key or range. */
async function events(
  { context, request, parameters }: Asked,
  range: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array },
): Promise<Response> {
  const asked = startRevision(request, parameters);
  const createRequest = WatchCreateRequest.create({ ...range, startRevision: asked });
  await context.proven();
  const close = context.keepOpen();
  const watches = new ClientWatches(context);
  const forgetGone = context.whenGone(() => watches.close());
  const forget = () => {
    forgetGone();
    close();
  };
  void watches.request(WatchRequest.create({ createRequest }));
  let first: WatchResponse | undefined;
  try {
    // The first response shows whether the watch was created.
    first = await watches.next();
    if (first === undefined || first.canceled) throw ended(first);
  } catch (error) {
    forget();
    watches.close();
    throw error;
  }
  const from = asked === 0 ? (first.header?.revision ?? 0) + 1 : asked;
  async function* text(): AsyncIterable<string> {
    try {
      yield `: from revision ${from} on\n\n`;
      for await (const response of watches.responses()) {
        yield* eventTexts(response.events);
        if (!response.canceled) continue;
        yield failureText(ended(response));
        return;
      }
    } finally {
      forget();
      watches.close();
    }
  }
  const failed = (error: unknown) => failureText(asApiError(error));
  const texts = { [Symbol.asyncIterator]: () => pulsing(text(), context.clock, eventStream) };
  const body = streamOf(context, texts, { failed, left: () => context.leave() });
  return respond(200, body, { "content-type": "text/event-stream" });
}

function ended(response: WatchResponse | undefined): ApiError {
  if ((response?.compactRevision ?? 0) > 0) return ApiError.of(errors.compacted);
  const reason = response?.cancelReason ?? "";
  const other = () => new ApiError(GrpcCode.InvalidArgument, reason || "the watch has ended");
  return errorOfReason(reason) ?? other();
}
