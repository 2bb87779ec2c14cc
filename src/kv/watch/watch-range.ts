import type { WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { type KeyRange, keyRange } from "../keys/key-range.ts";

/** Bytes of a create request that its watch keeps. */
export const watchedBytes = ({ key, rangeEnd }: WatchCreateRequest): number =>
  key.length + rangeEnd.length;

/** The range that a request watches; an absent key means the least key, as in etcd. */
export function watchRange(request: Pick<WatchCreateRequest, "key" | "rangeEnd">): KeyRange {
  const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
  return keyRange(key, request.rangeEnd);
}
