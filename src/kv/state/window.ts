import { errors, KvError } from "../../etcd/errors.ts";
import { concat } from "../../proto/bytes.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Outcome, type RememberedRequest, RequestTable } from "../../proto/generated/kv.ts";
import { byteString, bytesOf } from "../keys/key-range.ts";

export const requestIdBytes = 16;

/** The longest encoded outcome in bytes: what a remembered request adds to the manifest. */
const maxOutcomeBytes = 64;
/** More than any window has: bounds the memory that a manifest can fill. */
const maxRemembered = 100_000;
/** Bytes of an outcome's numbers at their longest, tags included. */
const outcomeNumbersBytes = 30;

/** The outcome of an applied entry, with its index. */
export interface Remembered {
  readonly index: number;
  readonly outcome: Outcome;
}

/**
 * The outcomes of the entries of the last `window` indexes, by request id: a retry with a
 * remembered id is answered and not applied again.
 */
export class RequestWindow {
  readonly #window: number;
  readonly #requests = new Map<string, Remembered>();
  /** The remembered ids in order of index, from #oldest on. */
  #order: string[] = [];
  #oldest = 0;
  /** An encoded RequestTable of the first of #order, and the offset of each in it. */
  #encoded: Uint8Array = new Uint8Array(0);
  #begins: number[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  /**
   * The outcome of this request if it was applied before the entry at `index`; undefined if it was
   * not. Throws KvError (errors.unknownOutcome) for a request made so long ago that it may have
   * been applied and forgotten.
   */
  find(requestId: Uint8Array, seenIndex: number, index: number): Remembered | undefined {
    this.#forget(index);
    const found = this.#requests.get(byteString(requestId));
    if (found !== undefined) return found;
    if (seenIndex < index - this.#window) throw new KvError(errors.unknownOutcome);
    return undefined;
  }

  remember(requestId: Uint8Array, index: number, outcome: Outcome): void {
    const size = outcome.branches.length + outcomeNumbersBytes;
    if (size > maxOutcomeBytes) throw new Error(`an outcome of ${size} bytes`);
    this.#add(byteString(requestId), { index, outcome });
  }

  #add(id: string, remembered: Remembered): void {
    this.#requests.set(id, remembered);
    this.#order.push(id);
  }

  /** Forgets what no retry can name: a request made at seen index s is applied above s. */
  #forget(index: number): void {
    for (;;) {
      const id = this.#order[this.#oldest];
      if (id === undefined) break;
      const applied = this.#requests.get(id)?.index;
      if (applied === undefined) throw new Error("a request is in the order alone");
      if (applied > index - this.#window) break;
      this.#requests.delete(id);
      this.#oldest++;
    }
    if (this.#oldest > 1_024 && this.#oldest * 2 > this.#order.length) this.#trim();
  }

  /** Drops the order and encoding of forgotten requests. */
  #trim(): void {
    const from = this.#begins[this.#oldest] ?? this.#encoded.length;
    this.#encoded = this.#encoded.slice(from);
    this.#begins = this.#begins.slice(this.#oldest).map((begin) => begin - from);
    this.#order = this.#order.slice(this.#oldest);
    this.#oldest = 0;
  }

  /**
   * The RequestTable of all remembered requests. Concatenated messages are one message, so each
   * request is encoded once, however many checkpoints include it.
   */
  encode(index: number): Uint8Array {
    this.#forget(index + 1);
    if (this.#oldest > 0) this.#trim();
    const requests = this.#order.slice(this.#begins.length).map((id) => {
      const remembered = this.#requests.get(id);
      if (remembered === undefined) throw new Error("a request is in the order alone");
      return { requestId: bytesOf(id), ...remembered };
    });
    const added = RequestTable.encode({ requests });
    for (let at = 0; at < added.length; at += encodedLength(added, at)) {
      this.#begins.push(this.#encoded.length + at);
    }
    this.#encoded = concat([this.#encoded, added]);
    return this.#encoded;
  }

  /**
   * The requests as of the entry at `newest`. Throws DecodeError where they are not what encode
   * gives, and has then changed nothing.
   */
  decode(bytes: Uint8Array, newest: number): void {
    const { requests } = RequestTable.decodeBounded(bytes, maxRemembered);
    checkRequests(requests, newest);
    this.#requests.clear();
    this.#order = [];
    this.#oldest = 0;
    this.#encoded = new Uint8Array(0);
    this.#begins = [];
    for (const { requestId, index, outcome } of requests) {
      const own = Outcome.create(outcome);
      const branches = own.branches.slice();
      this.#add(byteString(requestId), { index, outcome: { ...own, branches } });
    }
  }
}

/** Each entry makes one at most, and none has the id of another that is remembered. */
function checkRequests(requests: readonly RememberedRequest[], newest: number): void {
  const ids = new Set<string>();
  let last = 0;
  for (const { requestId, index, outcome } of requests) {
    const size = (outcome?.branches.length ?? 0) + outcomeNumbersBytes;
    const id = byteString(requestId);
    const isOne = requestId.length === requestIdBytes && size <= maxOutcomeBytes && !ids.has(id);
    if (!isOne || index <= last || index > newest) {
      throw new DecodeError(`a request of entry ${index} after ${last}, up to ${newest}`);
    }
    ids.add(id);
    last = index;
  }
}

/** Encoded bytes of the request at `at` in a table: a tag, a length of one byte, and the rest. */
function encodedLength(table: Uint8Array, at: number): number {
  const length = table[at + 1];
  if (length === undefined || length > 127) throw new Error(`a request of ${length} bytes`);
  return 2 + length;
}

const maxBranches = 256;

/** Bit n % 8 of byte n / 8 for branch n; empty where there are too many for an outcome. */
export function packBranches(branches: readonly boolean[]): Uint8Array {
  if (branches.length > maxBranches) return new Uint8Array(0);
  const bytes = new Uint8Array(Math.ceil(branches.length / 8));
  branches.forEach((taken, i) => {
    if (taken) bytes[i >>> 3] = (bytes[i >>> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

/** The branches of packed bytes, padded with false to whole bytes. */
export function unpackBranches(bytes: Uint8Array): boolean[] {
  return [...bytes].flatMap((byte) => bits.map((bit) => (byte & bit) !== 0));
}

const bits = [1, 2, 4, 8, 16, 32, 64, 128];
