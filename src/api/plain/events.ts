/**
 * Changes of keys as server-sent events: GET /kv/... with `Accept: text/event-stream`. An event's
 * id is its revision, so that a client that reconnects with Last-Event-ID misses nothing.
 */

import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import {
  type Event,
  EventType,
  type KeyValue,
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
import { keyOf } from "./key.ts";
import { entryOf } from "./list.ts";
import { textMember } from "./text.ts";

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
  const fields = { ...range, startRevision: startRevision(request, parameters) };
  const createRequest = WatchCreateRequest.create(fields);
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
  const from = first.header?.revision ?? 0;
  async function* text(): AsyncIterable<string> {
    try {
      yield `: from revision ${from} on\n\n`;
      for await (const response of watches.responses()) {
        yield* textsOf(response);
        if (response.canceled) return;
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

function* textsOf(response: WatchResponse): Iterable<string> {
  const { events } = response;
  if (events.length === 0) yield ":\n\n";
  for (const event of events) yield eventText(event, isLast(event, events));
  if (response.canceled) yield failureText(ended(response));
}

function ended(response: WatchResponse | undefined): ApiError {
  if ((response?.compactRevision ?? 0) > 0) return ApiError.of(errors.compacted);
  const reason = response?.cancelReason ?? "";
  const other = () => new ApiError(GrpcCode.InvalidArgument, reason || "the watch has ended");
  return errorOfReason(reason) ?? other();
}

/**
 * Whether the event carries its revision as id: only the last of a revision does, so that a client
 * that reconnects after half of them gets all again.
 */
function isLast(event: Event, all: readonly Event[]): boolean {
  const next = all[all.indexOf(event) + 1];
  return next === undefined || next.kv?.modRevision !== event.kv?.modRevision;
}

function eventText({ type, kv }: Event, last: boolean): string {
  if (kv === undefined) throw new Error("an event has a key");
  const deleted = type === EventType.DELETE;
  const data = deleted ? deletedData(kv) : entryOf(kv, false);
  const id = last ? `id: ${kv.modRevision}\n` : "";
  return `${id}event: ${deleted ? "delete" : "put"}\ndata: ${JSON.stringify(data)}\n\n`;
}

const deletedData = ({ key, modRevision }: KeyValue) => ({
  ...textMember("key", key),
  mod_revision: String(modRevision),
});

const failureText = (error: ApiError): string => `event: error\ndata: ${error.body()}\n\n`;
