import type { KeyValue } from "../../proto/generated/etcd.ts";
import type { Chunk, Manifest } from "../../proto/generated/kv.ts";
import { Word128 } from "../../storage/hash128.ts";
import { hashRecord, recordTag } from "../fingerprint/fingerprint.ts";
import { byteString } from "../keys/key-range.ts";
import { ManifestError } from "../state/manifest.ts";
import { encodeHistory } from "../store/history-codec.ts";
import { GatheredBytes } from "../store/superseded.ts";
import { type HistoryEntry, isTombstone, type Row, rankOf, sizeOf } from "../store/version.ts";
import { maxRequestBytes } from "../work/limits.ts";
import { costOfPassing } from "../work/work.ts";
import type { FreedByRevision } from "./adopt.ts";
import { follows } from "./audit.ts";
import { checkTables, type LeaseLoads } from "./backup-tables.ts";
import { TransferError } from "./errors.ts";
import { belongs } from "./exporter.ts";

/** Changes of one revision, which are read and told as one, and the bytes of their keys. */
export const maxRevisionChanges = 200_000;
export const maxRevisionKeyBytes = 20_000_000;

/**
 * What a state that came about by requests is always like, asked of one that came as a file: its
 * sums only say that it is what was written. Whatever is believed here and is not so would end
 * the members that hold it later, all of them, and for ever. What the rows tell by themselves is
 * counted here, and not believed.
 */
export class BackupCheck {
  readonly #manifest: Manifest;
  readonly #leases: LeaseLoads;
  /** From here on every version has its entry in the history, and every entry its version. */
  readonly #historyBegin: number;
  #last: Row | undefined;
  #lastEntry: number;
  #hasEntries = false;
  /** What has changed at #lastEntry, and the bytes of it. */
  #changed = new Set<string>();
  #changes = 0;
  #changedKeyBytes = 0;
  #keyCount = 0;
  #liveBytes = 0;
  readonly #superseded = new GatheredBytes();
  readonly #dead = new GatheredBytes();
  /** Of versions that have a history, and of the history: to be equal. */
  readonly #versions = new Word128();
  readonly #entries = new Word128();

  /** Throws ManifestError and DecodeError. */
  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#historyBegin = Math.max(manifest.compactRevision, 1);
    this.#lastEntry = this.#historyBegin;
    if (manifest.compactRevision < -1) {
      throw new ManifestError(`compaction ${manifest.compactRevision}`);
    }
    this.#leases = checkTables(manifest);
  }

  /** Chunks come once each and in order. Throws TransferError. */
  add({ rows, history }: Chunk): void {
    for (const { kv, second } of rows) {
      if (kv === undefined) throw new TransferError("a row without a key");
      if (this.#hasEntries) throw new TransferError("rows after the history");
      this.#row(kv, second);
    }
    for (const { key, revision, second } of history) {
      if (key.length === 0 || key.length > maxRequestBytes) {
        throw new TransferError(`history of a key of ${key.length} bytes`);
      }
      this.#entry({ key: byteString(key), revision, second });
    }
  }

  /** After the last chunk: what compactions free. Throws TransferError. */
  end(): FreedByRevision {
    this.#pass(undefined);
    const { keyCount, liveBytes, revision } = this.#manifest;
    if (this.#keyCount !== keyCount || this.#liveBytes !== liveBytes) {
      throw new TransferError(
        `${this.#keyCount} keys of ${this.#liveBytes} bytes live, ` +
          `not ${keyCount} of ${liveBytes}`,
      );
    }
    if (!this.#versions.equals(this.#entries)) {
      throw new TransferError("its history is not that of its versions");
    }
    if (this.#lastEntry !== revision) {
      throw new TransferError(`its history ends at ${this.#lastEntry}, not at ${revision}`);
    }
    return { superseded: this.#superseded.groups(), dead: this.#dead.groups() };
  }

  /** Every revision has changed something, and a key at most twice. */
  #entry(entry: HistoryEntry): void {
    const { key, revision, second } = entry;
    this.#hasEntries = true;
    if (revision > this.#lastEntry) {
      this.#changed = new Set();
      this.#changes = 0;
      this.#changedKeyBytes = 0;
    }
    const isNext = revision === this.#lastEntry || revision === this.#lastEntry + 1;
    const inOrder = second ? this.#changed.has(key) : true;
    if (!isNext || !inOrder || revision > this.#manifest.revision) {
      throw new TransferError(`history of revision ${revision} after ${this.#lastEntry}`);
    }
    this.#changed.add(key);
    this.#changes += 1;
    this.#changedKeyBytes += key.length;
    if (this.#changes > maxRevisionChanges || this.#changedKeyBytes > maxRevisionKeyBytes) {
      throw new TransferError(`revision ${revision} has more changes than a request may make`);
    }
    this.#lastEntry = revision;
    this.#entries.add(hashOf(entry));
  }

  #row(kv: KeyValue, second: boolean): void {
    const { revision, compactRevision } = this.#manifest;
    const { modRevision } = kv;
    const key = byteString(kv.key);
    const row = { key, kv, second };
    const before = this.#last?.key === key ? this.#last : undefined;
    const fault = faultOf(kv, revision) ?? faultAfter(before?.kv, kv, compactRevision);
    if (fault !== undefined) throw new TransferError(`a version with ${fault}`);
    if (this.#last !== undefined && !isAfter(row, this.#last)) {
      throw new TransferError("its versions are not in order");
    }
    if (second && modRevision >= compactRevision && before?.kv.modRevision !== modRevision) {
      throw new TransferError(`revision ${modRevision} has a second change, and not the first`);
    }
    this.#pass(row);
    if (modRevision >= this.#historyBegin) {
      this.#versions.add(hashOf({ key, revision: modRevision, second }));
    }
  }

  /** All is known of the last row now. */
  #pass(next: Row | undefined): void {
    const row = this.#last;
    this.#last = next;
    if (row === undefined) return;
    const { compactRevision } = this.#manifest;
    const { key, kv } = row;
    if (!belongs(row, next, compactRevision)) {
      throw new TransferError(`a version that is compacted at ${compactRevision}`);
    }
    // As Store.commit counts them: what is gone in the revision that made it goes with the next.
    const gone = isTombstone(kv) ? kv : next?.key === key ? next.kv : undefined;
    if (gone === undefined) {
      this.#live(kv, key);
      return;
    }
    const freedBy = gone.modRevision + (gone.modRevision === kv.modRevision ? 1 : 0);
    this.#superseded.add(freedBy, sizeOf(kv));
    this.#dead.add(freedBy, costOfPassing(1, key.length));
  }

  #live(kv: KeyValue, key: string): void {
    this.#keyCount += 1;
    this.#liveBytes += sizeOf(kv);
    if (kv.lease !== 0n) this.#leases.attach(kv.lease, key, kv.value.length);
  }
}

function isAfter({ key, kv, second }: Row, last: Row): boolean {
  if (key !== last.key) return key > last.key;
  return rankOf(kv.modRevision, second) > rankOf(last.kv.modRevision, last.second);
}

/** What no version has, if so. */
function faultOf(kv: KeyValue, newest: number): string | undefined {
  const { key, value, createRevision, modRevision, version, lease } = kv;
  if (key.length === 0) return "no key";
  if (key.length + value.length > maxRequestBytes) return `${key.length + value.length} bytes`;
  if (modRevision < 1 || modRevision > newest) return `revision ${modRevision} of ${newest}`;
  if (version < 0 || version > modRevision) return `version ${version}`;
  if (isTombstone(kv)) {
    const bare = createRevision === 0 && value.length === 0 && lease === 0n;
    return bare ? undefined : "nothing but its deletion, and more";
  }
  const created = createRevision >= 1 && createRevision <= modRevision - version + 1;
  return created ? undefined : `creation at ${createRevision}`;
}

/** What no version has after that one of its key, or as the first, if so. */
function faultAfter(
  before: KeyValue | undefined,
  kv: KeyValue,
  compactRevision: number,
): string | undefined {
  const { version, createRevision, modRevision } = kv;
  if (!follows(kv, before?.version, compactRevision)) {
    return `number ${version} after ${before?.version ?? "none"}`;
  }
  if (isTombstone(kv)) return undefined;
  // One before it that lives was created as it was; where there is none it may be compacted.
  const created = version === 1 ? modRevision : (before?.createRevision ?? createRevision);
  return created === createRevision ? undefined : `creation at ${createRevision}`;
}

const hash = new Word128();

function hashOf(entry: HistoryEntry): Word128 {
  hashRecord(recordTag.historyEntry, encodeHistory([entry]), hash);
  return hash;
}
