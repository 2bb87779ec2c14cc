import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Scan } from "./overlay.ts";
import { isTombstone } from "./version.ts";

/**
 * The live keys of several layers, each in key order (descending where `reverse`). What an earlier
 * layer says of a key hides what a later one says, a tombstone included.
 */
export function* mergeLive(layers: readonly Scan[], reverse: boolean): Scan {
  const heads = layers.map((layer) => next(layer));
  for (;;) {
    let best: readonly [string, KeyValue] | undefined;
    for (const head of heads) {
      if (head === undefined) continue;
      if (best === undefined || (reverse ? head[0] > best[0] : head[0] < best[0])) best = head;
    }
    if (best === undefined) return;
    for (let i = 0; i < heads.length; i++) {
      const layer = layers[i];
      if (layer !== undefined && heads[i]?.[0] === best[0]) heads[i] = next(layer);
    }
    if (!isTombstone(best[1])) yield best;
  }
}

function next(layer: Scan): readonly [string, KeyValue] | undefined {
  const step = layer.next();
  return step.done === true ? undefined : step.value;
}
