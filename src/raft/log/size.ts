/** Sizes of entries, in bytes, and cuts by them. Source: etcd's util.go. */
import type { Entry } from "../../proto/raftpb.ts";
import { entrySize } from "../../proto/raftpb-size.ts";

/** No limit in bytes. */
export const noLimit = Number.POSITIVE_INFINITY;

/** What the entries take when they are encoded. Limits of messages and of Ready count this. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entrySize(entries[i] as Entry);
  return size;
}

/** What the entries carry: 0 for empty ones. Inflights and uncommitted entries count this. */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += (entries[i] as Entry).data.length;
  return size;
}

/** As many of the entries as fit, but the first in any case. Returns `entries` where all do. */
export function limitSize(entries: readonly Entry[], maxSize: number): readonly Entry[] {
  if (maxSize === noLimit) return entries;
  let size = 0;
  for (let i = 0; i < entries.length; i++) {
    size += entrySize(entries[i] as Entry);
    if (size > maxSize && i > 0) return entries.slice(0, i);
  }
  return entries;
}
