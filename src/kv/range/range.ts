import { errors, KvError } from "../../etcd/errors.ts";
import { compareBytes } from "../../proto/bytes.ts";
import {
  type KeyValue,
  type RangeRequest,
  RangeResponse,
  ResponseHeader,
  SortOrder,
  SortTarget,
} from "../../proto/generated/etcd.ts";
import { byteString, type KeyRange, keyRange } from "../keys/key-range.ts";
import { heldBytes, valueBytesOf } from "../store/large-value.ts";
import type { View } from "../store/view.ts";
import { cost, unboundedWork, type Work } from "../work/work.ts";
import { BestOf } from "./best-of.ts";

/** Where one page of an answer begins, and its bounds. */
export interface Page {
  /** Bytes of keys and values; a page has at least one key, whatever its size. */
  readonly maxBytes: number;
  /** Keys that the page walks past, returned or not, which bounds its time. */
  readonly maxKeys: number;
  /** The key the page begins with, from the previous page's nextKey; "" on the first. */
  readonly from: string;
  /** Whether the page must be the last: if the range goes on, throws errors.tooManyLooks. */
  readonly whole: boolean;
  /** Charged for the values that are read, and for sorting; the view is charged for its walk. */
  readonly work: Work;
}

export interface RangeResult {
  readonly response: RangeResponse;
  /** Where the next page begins; undefined on the last one. */
  readonly nextKey: Uint8Array | undefined;
  /** Bytes of the answer, estimated. */
  readonly bytes: number;
  /** Keys that were walked past. */
  readonly walked: number;
}

/** Bytes reckoned for a key in an answer beside key and value. */
const keyOverheadBytes = 40;

/**
 * Throws KvError for a request that is invalid in any state (etcdserver/api/v3rpc/key.go,
 * checkRangeRequest).
 */
export function checkRangeRequest(request: RangeRequest): void {
  if (request.key.length === 0) throw new KvError(errors.emptyKey);
  const known = (values: object, value: number) => Object.values(values).includes(value);
  if (!known(SortOrder, request.sortOrder) || !known(SortTarget, request.sortTarget)) {
    throw new KvError(errors.invalidSortOption);
  }
}

/**
 * Answers a range from `view`, the state at the requested revision. Keys are counted, then
 * filtered, sorted and cut, as in etcd (etcdserver/txn/range.go). Key order, ascending or
 * descending, comes in pages; any other order must fit one page: throws errors.responseTooLarge,
 * errors.tooManyLooks and errors.tooMuchWork.
 * @param headerRevision the store's current revision, whatever revision is read.
 */
export function executeRange(
  view: View,
  request: RangeRequest,
  headerRevision: number,
  page: Page,
): RangeResult {
  const header = ResponseHeader.create({ revision: headerRevision });
  const range = keyRange(request.key, request.rangeEnd);
  if (request.countOnly) {
    const response = RangeResponse.create({ header, count: view.count(range, noMost) });
    return { response, nextKey: undefined, bytes: 0, walked: 0 };
  }
  const inKeyOrder = request.sortTarget === SortTarget.KEY;
  const walk = inKeyOrder
    ? walkKeys(view, request, range, page)
    : sortKeys(view, request, range, page);
  const { kvs, more, nextKey, bytes, walked } = walk;
  // Only the first page counts.
  const count = page.from !== "" ? 0 : (walk.count ?? view.count(range, noMost));
  return { response: RangeResponse.create({ header, kvs, more, count }), nextKey, bytes, walked };
}

const noMost = Number.POSITIVE_INFINITY;

interface Walked {
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  /** Undefined where the walk ended early, so that keys must be counted apart. */
  readonly count: number | undefined;
  readonly nextKey: Uint8Array | undefined;
  readonly bytes: number;
  readonly walked: number;
}

function survives(kv: KeyValue, request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return (
    (maxModRevision === 0 || kv.modRevision <= maxModRevision) &&
    (minModRevision === 0 || kv.modRevision >= minModRevision) &&
    (maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision) &&
    (minCreateRevision === 0 || kv.createRevision >= minCreateRevision)
  );
}

function hasFilters(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  const all = [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision];
  return all.some((bound) => bound !== 0);
}

const noBytes = new Uint8Array(0);

function shown(kv: KeyValue, request: RangeRequest): KeyValue {
  if (!request.keysOnly) return kv;
  // Copies field by field: spreading would read the value.
  const { key, createRevision, modRevision, version, lease } = kv;
  return { key, createRevision, modRevision, version, value: noBytes, lease };
}

/** Bytes of a key and its value in an answer. */
export function weight(kv: KeyValue): number {
  return kv.key.length + kv.value.length + keyOverheadBytes;
}

function held(kv: KeyValue): number {
  return heldBytes(kv) + keyOverheadBytes;
}

function walkKeys(view: View, request: RangeRequest, range: KeyRange, page: Page): Walked {
  const reverse = request.sortOrder === SortOrder.DESCEND;
  const kvs: KeyValue[] = [];
  let bytes = 0;
  let walked = 0;
  const cut = (more: boolean, nextKey?: Uint8Array): Walked => {
    return { kvs, more, count: undefined, nextKey, bytes, walked };
  };
  for (const [, kv] of view.scan(rest(range, page.from, reverse), reverse)) {
    if (walked >= page.maxKeys) {
      if (page.whole) throw new KvError(errors.tooManyLooks);
      return cut(false, kv.key);
    }
    walked++;
    if (!survives(kv, request)) continue;
    if (request.limit > 0 && kvs.length >= request.limit) {
      return cut(true);
    }
    if (!request.keysOnly) page.work.chargeValue(valueBytesOf(kv));
    const item = shown(kv, request);
    if (kvs.length > 0 && bytes + weight(item) > page.maxBytes) {
      return cut(false, kv.key);
    }
    bytes += weight(item);
    kvs.push(item);
  }
  return { kvs, more: false, count: walked, nextKey: undefined, bytes, walked };
}

/** The part of the range that a page beginning with `from` covers. */
function rest(range: KeyRange, from: string, reverse: boolean): KeyRange {
  if (from === "") return range;
  const { begin, end } = range;
  if (reverse) return { begin, end: `${from}\0` < end ? `${from}\0` : end };
  return { begin: from > begin ? from : begin, end };
}

/** Bytes that sorting may hold: the answer so far, and as much again. */
export const maxSortBytes = 8_000_000;

/** How many keys etcd fetches before it sorts, without an explicit order or filters; 0 is all. */
export function fetchedFirst(request: RangeRequest): number {
  const { limit, sortOrder } = request;
  return limit > 0 && sortOrder === SortOrder.NONE && !hasFilters(request)
    ? Math.min(limit + 1, Number.MAX_SAFE_INTEGER)
    : 0;
}

/** Sorts and cuts the keys that passed the filters. */
export class Sorter {
  readonly #request: RangeRequest;
  readonly #best: BestOf<KeyValue>;
  readonly #byValue: boolean;
  readonly #work: Work;
  #survivors = 0;

  /** @param work what sorting and reading values is charged to. */
  constructor(request: RangeRequest, work: Work = unboundedWork()) {
    const { limit, sortOrder, sortTarget } = request;
    this.#byValue = sortTarget === SortTarget.VALUE;
    this.#work = work;
    const compare = order(sortTarget, sortOrder === SortOrder.DESCEND);
    this.#request = request;
    this.#best = new BestOf(compare, limit, maxSortBytes, held);
  }

  get survivors(): number {
    return this.#survivors;
  }

  /** Bytes of the keys that are held. */
  get bytes(): number {
    return this.#best.bytes;
  }

  /**
   * Adds a key, in key order, with its value if that is sorted by. Throws errors.responseTooLarge.
   */
  add(kv: KeyValue): void {
    this.#survivors++;
    this.#work.charge(cost.sort);
    if (!this.#byValue) {
      this.#best.add(kv);
      return;
    }
    this.#work.chargeValue(valueBytesOf(kv));
    // Reads a value once instead of in every comparison, and so that it counts as held.
    const read = { ...kv };
    this.#work.charge(read.value.length * cost.sortByte);
    this.#best.add(read);
  }

  take(): Pick<Walked, "kvs" | "more" | "bytes"> {
    const { limit } = this.#request;
    const kvs = this.#best.take().map((kv) => shown(kv, this.#request));
    let bytes = 0;
    for (const kv of kvs) {
      this.#work.chargeValue(valueBytesOf(kv));
      bytes += weight(kv);
      if (bytes > maxSortBytes) throw new KvError(errors.responseTooLarge);
    }
    return { kvs, more: limit > 0 && this.#survivors > limit, bytes };
  }
}

function sortKeys(view: View, request: RangeRequest, range: KeyRange, page: Page): Walked {
  const sorter = new Sorter(request, page.work);
  const first = fetchedFirst(request);
  let walked = 0;
  let ended = true;
  for (const [, kv] of view.scan(range, false)) {
    if (first > 0 && sorter.survivors >= first) {
      ended = false;
      break;
    }
    if (walked >= page.maxKeys) throw new KvError(errors.tooManyLooks);
    walked++;
    if (survives(kv, request)) sorter.add(kv);
  }
  return { ...sorter.take(), count: ended ? walked : undefined, nextKey: undefined, walked };
}

function order(target: number, descend: boolean): (a: KeyValue, b: KeyValue) => number {
  const sign = descend ? -1 : 1;
  // Keys come in key order, so a stable sort leaves equal items in it.
  switch (target) {
    case SortTarget.VERSION:
      return (a, b) => sign * (a.version - b.version);
    case SortTarget.CREATE:
      return (a, b) => sign * (a.createRevision - b.createRevision);
    case SortTarget.MOD:
      return (a, b) => sign * (a.modRevision - b.modRevision);
    case SortTarget.VALUE:
      return (a, b) => sign * compareBytes(a.value, b.value);
    default:
      throw new Error(`sort target ${target} was not checked`);
  }
}

/** The page that a query asks for. */
export function pageOf(pageKey: Uint8Array, maxBytes: number, maxKeys: number, work: Work): Page {
  return { from: byteString(pageKey), maxBytes, maxKeys, whole: false, work };
}

/** A page that must hold the whole range. */
export function wholePage(maxBytes: number, maxKeys: number, work: Work): Page {
  return { from: "", maxBytes, maxKeys, whole: true, work };
}
