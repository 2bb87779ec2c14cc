import type { Scan, Walk } from "./overlay.ts";
import { isTombstone } from "./version.ts";

/**
 * The live keys of several layers, each in key order (descending where `reverse`). A version, or a
 * tombstone, in an earlier layer hides those of later layers.
 */
export function* mergeLive(layers: readonly Scan[], reverse: boolean): Scan {
  for (const entry of merge(layers, reverse, best)) if (!isTombstone(entry[1])) yield entry;
}

/**
 * All keys of several layers, once each. A key without a version in a layer hides nothing there.
 */
export function mergeAll(layers: readonly Walk[], reverse: boolean): Walk {
  return merge(layers, reverse, (a, b) => [a[0], a[1] ?? b[1], a[2] + b[2]]);
}

const best = <T>(earlier: T): T => earlier;

function* merge<T extends readonly [string, ...unknown[]]>(
  layers: readonly Generator<T>[],
  reverse: boolean,
  both: (earlier: T, later: T) => T,
): Generator<T> {
  const heads = layers.map((layer) => next(layer));
  for (;;) {
    let first: string | undefined;
    for (const head of heads) {
      if (head === undefined) continue;
      if (first === undefined || (reverse ? head[0] > first : head[0] < first)) first = head[0];
    }
    if (first === undefined) return;
    let entry: T | undefined;
    for (let i = 0; i < heads.length; i++) {
      const [layer, head] = [layers[i], heads[i]];
      if (layer === undefined || head === undefined || head[0] !== first) continue;
      entry = entry === undefined ? head : both(entry, head);
      heads[i] = next(layer);
    }
    if (entry !== undefined) yield entry;
  }
}

function next<T>(layer: Generator<T>): T | undefined {
  const step = layer.next();
  return step.done === true ? undefined : step.value;
}
