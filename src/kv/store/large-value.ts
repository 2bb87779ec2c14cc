import type { KeyValue } from "../../proto/generated/etcd.ts";

/** Those whose value is read each time it is asked for, and how to know its length alone. */
const onDisk = new WeakMap<KeyValue, () => number>();

/**
 * A key whose value stays on disk until it is read: what is only counted, filtered,
 * compared by its numbers or deleted needs no megabytes in memory.
 *
 * It must be used in the turn that read it: a compaction may take the value away.
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

/** The length of the value, which is not read for it. */
export function valueBytesOf(kv: KeyValue): number {
  return onDisk.get(kv)?.() ?? kv.value.length;
}

/** What keeping it costs, without looking at a value that is not in memory. */
export function heldBytes(kv: KeyValue): number {
  return kv.key.length + (onDisk.has(kv) ? 0 : kv.value.length);
}
