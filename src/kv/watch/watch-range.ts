import type { WatchCreateRequest } from "../../proto/generated/etcd.ts";
import { type KeyRange, keyRange } from "../keys/key-range.ts";

/** What a watch holds of its request. */
export const watchedBytes = ({ key, rangeEnd }: WatchCreateRequest): number =>
  key.length + rangeEnd.length;

/** What a request watches; an absent key is the least key there could be, as in etcd. */
export function watchRange(request: Pick<WatchCreateRequest, "key" | "rangeEnd">): KeyRange {
  const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
  return keyRange(key, request.rangeEnd);
}
