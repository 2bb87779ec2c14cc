import { TransferTotals } from "../../proto/generated/kv.ts";
import { Word128 } from "../../storage/hash128.ts";
import { hashKey, hashRecord, recordTag } from "../fingerprint/fingerprint.ts";
import { encodeHistory } from "../store/history-codec.ts";
import { type HistoryEntry, isTombstone, type Row } from "../store/version.ts";

const hash = new Word128();

/** Count and sum of what a transfer carried: kept by both sides, each for itself. */
export class Totals {
  rows: number;
  history: number;
  readonly sum: Word128;

  constructor(from: TransferTotals = TransferTotals.create()) {
    this.rows = from.rows;
    this.history = from.history;
    this.sum = Word128.fromBytes(from.sum);
  }

  addRow({ kv, second }: Row): void {
    hashKey(second ? recordTag.secondRow : recordTag.row, kv, hash);
    this.sum.add(hash);
    this.rows++;
  }

  addEntry(entry: HistoryEntry): void {
    hashRecord(recordTag.historyEntry, encodeHistory([entry]), hash);
    this.sum.add(hash);
    this.history++;
  }

  encode(): TransferTotals {
    const { rows, history } = this;
    return TransferTotals.create({ rows, history, sum: this.sum.toBytes() });
  }

  equals(other: Totals): boolean {
    const counts = this.rows === other.rows && this.history === other.history;
    return counts && this.sum.equals(other.sum);
  }
}

/**
 * The fingerprint of the keys that live after all rows, of rows that come by key and oldest first:
 * each takes out what the row before it of the same key put in.
 */
export class LiveSum {
  readonly sum: Word128;
  #key: string | undefined;
  /** The record of the last row; nothing where it was a tombstone. */
  #record: Word128 | undefined;

  constructor(sum: Word128, key: string | undefined, record: Word128 | undefined) {
    this.sum = sum;
    this.#key = key;
    this.#record = record;
  }

  get key(): string | undefined {
    return this.#key;
  }

  get record(): Word128 | undefined {
    return this.#record;
  }

  add({ key, kv }: Row): void {
    if (key === this.#key && this.#record !== undefined) this.sum.subtract(this.#record);
    this.#key = key;
    this.#record = undefined;
    if (isTombstone(kv)) return;
    this.#record = new Word128();
    hashKey(recordTag.key, kv, this.#record);
    this.sum.add(this.#record);
  }
}
