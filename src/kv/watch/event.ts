import type { Event, KeyValue } from "../../proto/generated/etcd.ts";

/** The key and value of an event; every event of a store has them. */
export function keyValueOf(event: Event): KeyValue {
  if (!event.kv) throw new Error(`event of type ${event.type} has no key`);
  return event.kv;
}
