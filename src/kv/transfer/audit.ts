import type { KeyValue } from "../../proto/generated/etcd.ts";
import { AuditState, type Manifest } from "../../proto/generated/kv.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import { Word128 } from "../../storage/hash128.ts";
import { hashRecord, recordTag } from "../fingerprint/fingerprint.ts";
import { byteString, bytesOf } from "../keys/key-range.ts";
import { encodeHistory } from "../store/history-codec.ts";
import { type HistoryEntry, isTombstone, type Row } from "../store/version.ts";
import { LiveSum } from "./totals.ts";

/** What a base must hold, of its manifest. */
export type Promised = Pick<
  Manifest,
  "revision" | "compactRevision" | "keyFingerprint" | "keyCount"
>;

const hash = new Word128();

/**
 * Holds the rows of a base, and then its history, against the manifest they belong to. A sum in a
 * row tells that the row is as it was written; this tells that every row is there, and no other:
 *
 * - the live keys' records sum to the manifest's fingerprint, and are as many as it says;
 * - each version of a key follows the one before it, where that is not compacted;
 * - the rows above the compaction are those that the history names.
 */
export class Audit {
  readonly #promise: Promised;
  readonly #live: LiveSum;
  /** Rows less entries: nothing when all of both are seen. */
  readonly #balance: Word128;
  #keys: number;
  #lastVersion: number;

  /** Goes on from a state that `encode` gave. */
  constructor(promise: Promised, from: AuditState = AuditState.create()) {
    this.#promise = promise;
    const { keyFingerprint, lastKey, lastRecord, keys, balance, lastVersion } = from;
    this.#live = new LiveSum(
      Word128.fromBytes(keyFingerprint),
      lastKey.length === 0 ? undefined : byteString(lastKey),
      lastRecord.length === 0 ? undefined : Word128.fromBytes(lastRecord),
    );
    this.#keys = keys;
    this.#balance = Word128.fromBytes(balance);
    this.#lastVersion = lastVersion;
  }

  encode(): AuditState {
    const { sum, key, record } = this.#live;
    return AuditState.create({
      keyFingerprint: sum.toBytes(),
      ...(record && { lastRecord: record.toBytes() }),
      keys: this.#keys,
      balance: this.#balance.toBytes(),
      lastKey: bytesOf(key ?? ""),
      lastVersion: this.#lastVersion,
    });
  }

  /** The next row that belongs to the snapshot: by key, oldest first. */
  addRow(row: Row): void {
    const { key, kv, second } = row;
    const isFirst = key !== this.#live.key;
    const livedBefore = !isFirst && this.#lastVersion > 0;
    if (!follows(kv, isFirst ? undefined : this.#lastVersion, this.#promise.compactRevision)) {
      const what = isFirst ? "no version" : `version ${this.#lastVersion}`;
      const text = `version ${kv.version} of a key, revision ${kv.modRevision}, follows ${what}`;
      throw new StorageDamagedError("the base", text);
    }
    this.#live.add(row);
    this.#keys += (isTombstone(kv) ? 0 : 1) - (livedBefore ? 1 : 0);
    this.#lastVersion = kv.version;
    if (kv.modRevision <= this.#promise.compactRevision) return;
    hashEntry({ key, revision: kv.modRevision, second });
    this.#balance.add(hash);
  }

  /** Throws StorageDamagedError where the rows are not what the manifest promises. */
  endRows(): void {
    const { keyFingerprint, keyCount } = this.#promise;
    const wanted = Word128.fromBytes(keyFingerprint);
    if (this.#live.sum.equals(wanted) && this.#keys === keyCount) return;
    const found = `${this.#keys} keys of ${this.#live.sum.toHex()}`;
    const text = `its rows are ${found}, the manifest says ${keyCount} of ${wanted.toHex()}`;
    throw new StorageDamagedError("the base", text);
  }

  addEntry(entry: HistoryEntry): void {
    if (entry.revision <= this.#promise.compactRevision) return;
    hashEntry(entry);
    this.#balance.subtract(hash);
  }

  /** Throws StorageDamagedError where rows and history are not of the same changes. */
  end(): void {
    if (this.#balance.equals(new Word128())) return;
    throw new StorageDamagedError("the base", "rows and history do not tell of the same changes");
  }
}

/** Whether it may follow that version of its key, or be its first row where there is none. */
export function follows(
  kv: KeyValue,
  before: number | undefined,
  compactRevision: number,
): boolean {
  // What was before it may have been compacted.
  if (before === undefined && kv.modRevision <= compactRevision) return true;
  return isTombstone(kv) ? (before ?? 0) > 0 : kv.version === (before ?? 0) + 1;
}

function hashEntry(entry: HistoryEntry): void {
  hashRecord(recordTag.historyEntry, encodeHistory([entry]), hash);
}
