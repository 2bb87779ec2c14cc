import type { KeyValue } from "../../proto/generated/etcd.ts";

/** Keys whose value is read from disk on each access, with a function for its length alone. */
const onDisk = new WeakMap<KeyValue, () => number>();

/**
 * A key whose value is read from disk when the field is read, so that counting, filtering,
 * comparing its numbers or deleting it holds no large value in memory.
 *
 * Use it in the turn that read it: a compaction may delete the value.
 */
export function keyWithValueOnDisk(
  kv: Omit<KeyValue, "value">,
  load: () => Uint8Array,
  bytes: () => number,
): KeyValue {
  const { key, createRevision, modRevision, version, lease } = kv;
  const whole = {
    key,
    createRevision,
    modRevision,
    version,
    get value() {
      return load();
    },
    lease,
  };
  onDisk.set(whole, bytes);
  return whole;
}

export function isValueOnDisk(kv: KeyValue): boolean {
  return onDisk.has(kv);
}

/** The length of the value, found without reading it. */
export function valueBytesOf(kv: KeyValue): number {
  return onDisk.get(kv)?.() ?? kv.value.length;
}

/** Bytes that keeping the key takes in memory: a value on disk takes none. */
export function heldBytes(kv: KeyValue): number {
  return kv.key.length + (onDisk.has(kv) ? 0 : kv.value.length);
}
