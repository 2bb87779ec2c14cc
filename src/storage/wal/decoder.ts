import { DecodeError } from "../../proto/errors.ts";
import { crc32c } from "../crc32c.ts";
import { CrcMismatchError, DamagedRowError } from "./errors.ts";
import { decodeRecord, frameAt, lengthFieldSize, RecordType, type WalRecord } from "./record.ts";

/** Why a framed record cannot be read. */
export interface FrameFault {
  readonly kind: "incomplete" | "malformed" | "crc";
  readonly reason: string;
  readonly cause?: Error;
}

/**
 * Reads framed records one after the other from a piece of WAL, and rolls the CRC over their data.
 *
 * Used for rows and for etcd's files, which differ in how they end and in what damage means: a
 * fault is described here and judged by the caller.
 */
export class Decoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #crc: number;
  #exact = true;

  /** @param crc the CRC rolled so far; 0 at the start of a WAL. */
  constructor(bytes: Uint8Array, crc = 0) {
    this.#bytes = bytes;
    this.#crc = crc;
  }

  /** Where the next frame starts: right after the last valid one. */
  get at(): number {
    return this.#at;
  }

  get crc(): number {
    return this.#crc;
  }

  /** Whether all frames so far were padded as etcd writes them. */
  get exact(): boolean {
    return this.#exact;
  }

  /**
   * The next record, its CRC verified; undefined at the end of the bytes or at a length of zero. A
   * crc record has the CRC to continue from, which must be the one rolled so far, if any.
   */
  next(): WalRecord | FrameFault | undefined {
    const remaining = this.#bytes.length - this.#at;
    if (remaining === 0) return undefined;
    if (remaining < lengthFieldSize) return incomplete(`${remaining} bytes of a length field`);
    const frame = frameAt(this.#bytes, this.#at);
    if (!frame) return undefined;
    if (frame.next > this.#bytes.length) {
      const there = this.#bytes.length - frame.start;
      return incomplete(`a record of ${frame.end - frame.start} bytes where ${there} are left`);
    }
    let record: WalRecord;
    try {
      record = decodeRecord(this.#bytes.subarray(frame.start, frame.end));
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      return { kind: "malformed", reason: cause.message, cause };
    }
    const fault = this.#roll(record);
    if (fault) return fault;
    this.#exact &&= frame.exact && isZero(this.#bytes.subarray(frame.end, frame.next));
    this.#at = frame.next;
    return record;
  }

  #roll({ type, crc, data }: WalRecord): FrameFault | undefined {
    if (type === RecordType.crc) {
      if (this.#crc !== 0 && crc !== this.#crc) return mismatch(this.#crc, crc);
      this.#crc = crc;
      return undefined;
    }
    const rolled = crc32c(data, this.#crc);
    if (rolled !== crc) return mismatch(rolled, crc);
    this.#crc = rolled;
    return undefined;
  }
}

export function isFault(result: WalRecord | FrameFault): result is FrameFault {
  return "kind" in result;
}

/** The error for a fault that cannot be a torn write. */
export function faultError(where: string, fault: FrameFault): CrcMismatchError | DamagedRowError {
  const options = fault.cause ? { cause: fault.cause } : undefined;
  if (fault.kind === "crc") return new CrcMismatchError(where, fault.reason, options);
  return new DamagedRowError(where, fault.reason, options);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function incomplete(reason: string): FrameFault {
  return { kind: "incomplete", reason };
}

function mismatch(computed: number, recorded: number): FrameFault {
  const reason = `crc mismatch: ${hex(computed)} computed, ${hex(recorded)} recorded`;
  return { kind: "crc", reason };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
