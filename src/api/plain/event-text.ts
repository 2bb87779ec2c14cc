/** Changes of keys, and errors, as the text of server-sent events (HTML, 9.2). */

import { type Event, EventType, type KeyValue } from "../../proto/generated/etcd.ts";
import type { ApiError } from "../base/error.ts";
import { entryOf } from "./list.ts";
import { textMember } from "./text.ts";

/**
 * The texts of one response's events; a comment where it has none. Only the last event of a
 * revision carries it as id, so that a client that reconnects after half of them gets all again.
 */
export function* eventTexts(events: readonly Event[]): Iterable<string> {
  if (events.length === 0) yield ":\n\n";
  for (const [i, event] of events.entries()) {
    const isLast = events[i + 1]?.kv?.modRevision !== event.kv?.modRevision;
    yield eventText(event, isLast);
  }
}

function eventText({ type, kv }: Event, isLast: boolean): string {
  if (kv === undefined) throw new Error("an event has a key");
  const deleted = type === EventType.DELETE;
  const data = deleted ? deletedData(kv) : entryOf(kv, false);
  const id = isLast ? `id: ${kv.modRevision}\n` : "";
  return `${id}event: ${deleted ? "delete" : "put"}\ndata: ${JSON.stringify(data)}\n\n`;
}

const deletedData = ({ key, modRevision }: KeyValue) => ({
  ...textMember("key", key),
  mod_revision: String(modRevision),
});

/** The text of an error. */
export const failureText = (error: ApiError): string => `event: error\ndata: ${error.body()}\n\n`;
