/** Sizes of entries in bytes, and cuts by size. Source: etcd's util.go. */
import type { Entry } from "../../proto/raftpb.ts";
import { entrySize } from "../../proto/raftpb-size.ts";

/** No limit in bytes. */
export const noLimit = Number.POSITIVE_INFINITY;

/** Encoded bytes of the entries, which the limits of messages and of Ready count. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entrySize(entries[i] as Entry);
  return size;
}

/**
 * Payload bytes of the entries, which inflights and uncommitted entries count: 0 for empty ones.
 */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += (entries[i] as Entry).data.length;
  return size;
}

/** As many of the entries as fit, but at least the first. Returns `entries` itself if all fit. */
export function limitSize(entries: readonly Entry[], maxSize: number): readonly Entry[] {
  if (maxSize === noLimit) return entries;
  let size = 0;
  for (let i = 0; i < entries.length; i++) {
    size += entrySize(entries[i] as Entry);
    if (size > maxSize && i > 0) return entries.slice(0, i);
  }
  return entries;
}
