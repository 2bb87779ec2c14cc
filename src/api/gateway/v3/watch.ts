/** Watching: etcd's Watch service. */
import { WatchRequest, WatchResponse } from "../../../proto/generated/etcd.ts";
import { asApiError } from "../../base/error.ts";
import type { Context } from "../../http/context.ts";
import { deadlineExceeded } from "../../http/deadline.ts";
import { ClientWatches } from "../../watch/stream.ts";
import { type Method, stream } from "./method.ts";

async function* watch(
  context: Context,
  requests: AsyncIterable<WatchRequest>,
): AsyncIterable<WatchResponse> {
  const watches = new ClientWatches(context, { needsLeader: context.needsLeader });
  const read = async () => {
    // After the client's last request the stream of responses goes on.
    for await (const request of requests) await watches.request(request);
  };
  const leave = () => {
    if (context.isOverdue()) watches.fail(deadlineExceeded);
    else watches.close();
  };
  const forget = context.whenGone(leave);
  read().catch((error: unknown) => watches.fail(asApiError(error)));
  try {
    yield* watches.responses();
  } finally {
    forget();
    watches.close();
  }
}

export const watchMethods: Readonly<Record<string, Method>> = {
  watch: stream(WatchRequest, WatchResponse, watch),
};
