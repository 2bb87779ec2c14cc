import { toHex } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import type { KeyValue } from "../../proto/generated/etcd.ts";
import { putVarint, varintSize } from "../../proto/put.ts";
import { Reader } from "../../proto/reader.ts";
import { type Address, addressBytes, bytesOfAddress } from "../../storage/blocks/address.ts";
import type { BlockReader } from "../../storage/blocks/block-reader.ts";
import type { Entry } from "../../storage/blocks/entry.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import { keyWithValueOnDisk } from "../store/large-value.ts";
import { isTombstone, rankOf } from "../store/version.ts";

/**
 * One version of a key as an entry of a block. Its key is the key, its rank is that of version.ts,
 * and its payload is
 *
 *   flags, mod less create revision, version, [lease: 8 bytes], value | address and length
 *
 * of which a tombstone has the flags alone. Numbers are varints.
 */
const flag = {
  /** Two bits: how it changes the number of keys that live, plus one. */
  change: 3,
  tombstone: 4,
  lease: 8,
  /** The value is a block of its own, and its address stands here. */
  apart: 16,
} as const;
const leaseBytes = 8;

/** Where a value is that is a block of its own. */
export interface ValuePlace {
  readonly address: Address;
  readonly bytes: number;
}

/** How a version changes the number of keys that live. */
function changeOf(kv: KeyValue): number {
  if (isTombstone(kv)) return -1;
  return kv.version === 1 ? 1 : 0;
}

/** @param place where its value is, unless it stands in the entry. */
export function versionEntry(kv: KeyValue, second: boolean, place: ValuePlace | undefined): Entry {
  const { key, modRevision } = kv;
  return { key, rank: rankOf(modRevision, second), payload: payloadOf(kv, place) };
}

function payloadOf(kv: KeyValue, place: ValuePlace | undefined): Uint8Array {
  const change = changeOf(kv) + 1;
  if (isTombstone(kv)) return Uint8Array.of(change | flag.tombstone);
  const { createRevision, modRevision, version, lease } = kv;
  const age = modRevision - createRevision;
  const head = 1 + varintSize(age) + varintSize(version) + (lease === 0n ? 0 : leaseBytes);
  const tail = place === undefined ? kv.value.length : addressBytes + varintSize(place.bytes);
  const payload = new Uint8Array(head + tail);
  payload[0] = change | (lease === 0n ? 0 : flag.lease) | (place === undefined ? 0 : flag.apart);
  let at = putVarint(payload, 1, age);
  at = putVarint(payload, at, version);
  if (lease !== 0n) {
    new DataView(payload.buffer).setBigInt64(at, lease);
    at += leaseBytes;
  }
  if (place === undefined) payload.set(kv.value, at);
  else {
    payload.set(bytesOfAddress(place.address), at);
    putVarint(payload, at + addressBytes, place.bytes);
  }
  return payload;
}

/** The version; a value that is a block of its own is read when it is asked for. */
export function keyValueOf({ key, rank, payload }: Entry, reader: BlockReader): KeyValue {
  const modRevision = Math.floor(rank / 2);
  const flags = payload[0] ?? 0;
  if ((flags & flag.tombstone) !== 0) {
    return { key, createRevision: 0, modRevision, version: 0, value: noBytes, lease: 0n };
  }
  const { age, version, lease, value, place } = partsOf(payload);
  const kv = { key, createRevision: modRevision - age, modRevision, version, lease };
  if (place === undefined) return { ...kv, value };
  const { address, bytes } = place;
  return keyWithValueOnDisk(
    kv,
    () => reader.value(address, bytes),
    () => bytes,
  );
}

/** Where the entry's value is, if that is a block of its own. */
export function valuePlaceOf(payload: Uint8Array): ValuePlace | undefined {
  return ((payload[0] ?? 0) & flag.apart) === 0 ? undefined : partsOf(payload).place;
}

export function isDeletion(payload: Uint8Array): boolean {
  return ((payload[0] ?? 0) & flag.tombstone) !== 0;
}

/** How the entry, and those that it stands for, change the number of keys that live. */
export function changeOfEntry(payload: Uint8Array): number {
  return ((payload[0] ?? 0) & flag.change) - 1;
}

/** The same entry with another change: -1, 0 or 1. */
export function withChange(payload: Uint8Array, change: number): Uint8Array {
  if (change < -1 || change > 1) throw new Error(`one key changes the number of keys by ${change}`);
  if (changeOfEntry(payload) === change) return payload;
  const changed = payload.slice();
  changed[0] = ((payload[0] ?? 0) & ~flag.change) | (change + 1);
  return changed;
}

const noBytes = new Uint8Array(0);
const reader = new Reader();

interface Parts {
  readonly age: number;
  readonly version: number;
  readonly lease: bigint;
  readonly value: Uint8Array;
  readonly place: ValuePlace | undefined;
}

/** Throws StorageDamagedError for a payload that no code wrote. */
function partsOf(payload: Uint8Array): Parts {
  try {
    return reader.readAll(payload, (from) => readParts(payload, from));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new StorageDamagedError("a version in a block", cause.message, { cause });
  }
}

function readParts(payload: Uint8Array, from: Reader): Parts {
  const flags = payload[0] ?? 0;
  from.at = 1;
  const age = from.uint();
  const version = from.uint();
  let lease = 0n;
  if ((flags & flag.lease) !== 0) {
    if (from.end - from.at < leaseBytes) throw new DecodeError("a lease that is cut");
    lease = new DataView(payload.buffer, payload.byteOffset + from.at).getBigInt64(0);
    from.at += leaseBytes;
  }
  const start = from.at;
  if ((flags & flag.apart) === 0) {
    return { age, version, lease, value: payload.subarray(start), place: undefined };
  }
  from.at = start + addressBytes;
  const bytes = from.uint();
  if (from.at !== from.end) throw new DecodeError(`it ends at ${from.end}, not at ${from.at}`);
  const address = toHex(payload.subarray(start, start + addressBytes));
  return { age, version, lease, value: noBytes, place: { address, bytes } };
}
