import { concat } from "../../proto/bytes.ts";
import { Outcome, RememberedRequest, RequestTable } from "../../proto/generated/kv.ts";
import { errors, KvError } from "../errors.ts";
import { byteString, bytesOf } from "../key-range.ts";

export const requestIdBytes = 16;

/** Bytes of an encoded outcome: all that a request that is asked again costs in the manifest. */
const maxOutcomeBytes = 64;
/** Its numbers at their longest, with their tags. */
const outcomeNumbersBytes = 30;

/** What an entry did, and which. */
export interface Remembered {
  readonly index: number;
  readonly outcome: Outcome;
}

interface Kept extends Remembered {
  /** A RequestTable of this one alone, once it was asked for. */
  encoded?: Uint8Array;
}

/**
 * What the entries of the last `window` indexes did, by request id: an entry that carries the id of
 * one of them is answered and not applied again.
 */
export class RequestWindow {
  readonly #window: number;
  readonly #requests = new Map<string, Kept>();
  /** Their ids in the order of their indexes, from #oldest on. */
  #order: string[] = [];
  #oldest = 0;

  constructor(window: number) {
    this.#window = window;
  }

  get size(): number {
    return this.#requests.size;
  }

  /**
   * What became of this request when it was applied before the entry at `index`; undefined where it
   * was not. Throws KvError (errors.unknownOutcome) where nobody can know any more: its Worker made
   * it so long ago that it may have been applied and forgotten.
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

  /** A request that was made when its Worker had seen index s is applied above s. */
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
    if (this.#oldest > 1_024 && this.#oldest * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /**
   * The RequestTable of them all. Messages one after another are one message, so each is encoded
   * once, however many checkpoints it is in.
   */
  encode(index: number): Uint8Array {
    this.#forget(index + 1);
    const parts: Uint8Array[] = [];
    for (const [id, kept] of this.#requests) {
      kept.encoded ??= encodeAlone(id, kept);
      parts.push(kept.encoded);
    }
    return concat(parts);
  }

  /** Throws DecodeError, and has then changed nothing. */
  decode(bytes: Uint8Array): void {
    const { requests } = RequestTable.decode(bytes);
    this.#requests.clear();
    this.#order = [];
    this.#oldest = 0;
    for (const { requestId, index, outcome } of requests) {
      const own = Outcome.create(outcome);
      const branches = own.branches.slice();
      this.#add(byteString(requestId), { index, outcome: { ...own, branches } });
    }
  }
}

function encodeAlone(id: string, { index, outcome }: Remembered): Uint8Array {
  const request = RememberedRequest.create({ requestId: bytesOf(id), index, outcome });
  return RequestTable.encode(RequestTable.create({ requests: [request] }));
}

const maxBranches = 256;

/** Bit n of byte n/8 for branch n; none where they are too many for an outcome. */
export function packBranches(branches: readonly boolean[]): Uint8Array {
  if (branches.length > maxBranches) return new Uint8Array(0);
  const bytes = new Uint8Array(Math.ceil(branches.length / 8));
  branches.forEach((taken, i) => {
    if (taken) bytes[i >>> 3] = (bytes[i >>> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

/** The branches of such bytes, filled up to whole bytes with false. */
export function unpackBranches(bytes: Uint8Array): boolean[] {
  return [...bytes].flatMap((byte) => bits.map((bit) => (byte & bit) !== 0));
}

const bits = [1, 2, 4, 8, 16, 32, 64, 128];
