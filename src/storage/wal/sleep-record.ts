import { sameBytes } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Sleep } from "../../proto/generated/wal.ts";

/** A lease, and the milliseconds that it had left. */
export interface LeaseLeft {
  readonly id: bigint;
  readonly leftMs: number;
}

/**
 * What a leader that goes to sleep leaves to the life that wakes: with it a term outlives the
 * memory of its leader.
 */
export interface SleepRecord {
  /** The term that is led. */
  readonly term: number;
  /** The last index: committed and applied. */
  readonly index: number;
  /** The leader's clock, milliseconds since the epoch. */
  readonly clockMs: number;
  /** Ascending by id. */
  readonly leases: readonly LeaseLeft[];
  /** Members that did not agree to sleep. */
  readonly absent: readonly number[];
}

const format = 1;
const leaseBytes = 16;

export function encodeSleepRecord(record: SleepRecord): Uint8Array {
  const { term, index, clockMs, leases, absent } = record;
  const bytes = new Uint8Array(leases.length * leaseBytes);
  const view = new DataView(bytes.buffer);
  for (const [i, { id, leftMs }] of leases.entries()) {
    view.setBigUint64(i * leaseBytes, BigInt.asUintN(64, id));
    view.setBigUint64(i * leaseBytes + 8, BigInt(leftMs));
  }
  return Sleep.encode({ format, term, index, clockMs, leases: bytes, absent: [...absent] });
}

/**
 * Undefined for a later format. Throws DecodeError, also where there is more or less in it than is
 * ever written: the CRC of a record does not cover its type.
 */
export function decodeSleepRecord(bytes: Uint8Array): SleepRecord | undefined {
  const message = Sleep.decode(bytes);
  if ((message.format ?? 0) > format) return undefined;
  const { term = 0, index = 0, clockMs = 0, leases = new Uint8Array(0), absent } = message;
  const record = { term, index, clockMs, leases: leasesIn(leases), absent };
  if (!sameBytes(encodeSleepRecord(record), bytes)) {
    throw new DecodeError(`${bytes.length} bytes that are no sleep record`);
  }
  return record;
}

function leasesIn(bytes: Uint8Array): LeaseLeft[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leases: LeaseLeft[] = [];
  for (let at = 0; at + leaseBytes <= bytes.length; at += leaseBytes) {
    const id = BigInt.asIntN(64, view.getBigUint64(at));
    leases.push({ id, leftMs: Number(view.getBigUint64(at + 8)) });
  }
  return leases;
}
