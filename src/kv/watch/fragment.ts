import type { Event, WatchResponse } from "../../proto/generated/etcd.ts";

/** More bytes than protobuf adds to an event beside its keys and values. */
const EVENT_OVERHEAD_BYTES = 96;

/** Slightly more than the encoded bytes of `event`. */
export function eventBytes(event: Event): number {
  const { kv, prevKv } = event;
  let bytes = EVENT_OVERHEAD_BYTES;
  if (kv) bytes += kv.key.length + kv.value.length;
  if (prevKv) bytes += prevKv.key.length + prevKv.value.length;
  return bytes;
}

/**
 * Splits a response of `maxBytes` or more into smaller ones of at least one event each; all but the
 * last have `fragment` set (etcd: sendFragments in etcdserver/api/v3rpc/watch.go).
 */
export function fragments(response: WatchResponse, maxBytes: number): readonly WatchResponse[] {
  const parts: Event[][] = [];
  let part: Event[] = [];
  let bytes = 0;
  for (const event of response.events) {
    const size = eventBytes(event);
    if (part.length > 0 && bytes + size >= maxBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += size;
  }
  if (parts.length === 0) return [response];
  parts.push(part);
  return parts.map((events, i) => ({ ...response, events, fragment: i < parts.length - 1 }));
}
