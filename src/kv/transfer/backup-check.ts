import { sameBytes } from "../../proto/bytes.ts";
import type { KeyValue } from "../../proto/generated/etcd.ts";
import { AuthTable, type Chunk, LeaseTable, type Manifest } from "../../proto/generated/kv.ts";
import { hashRecord, recordTag } from "../fingerprint/fingerprint.ts";
import { Word128 } from "../fingerprint/hash128.ts";
import { byteString } from "../keys/key-range.ts";
import { maxLeaseTtlSeconds } from "../lease/lease-table.ts";
import { ManifestError } from "../state/manifest.ts";
import { encodeHistory } from "../store/history-codec.ts";
import { type HistoryEntry, isTombstone, rankOf, sizeOf } from "../store/version.ts";
import { maxRequestBytes, maxRestoredRevision } from "../work/limits.ts";
import { TransferError } from "./errors.ts";

/**
 * What a state that came about by requests is always like, asked of one that came as a file: its
 * sums only say that it is what was written. Whatever is believed here and is not so would end
 * the members that hold it later, all of them, and for ever.
 */
export class BackupCheck {
  readonly #manifest: Manifest;
  readonly #leases: ReadonlySet<bigint>;
  /** From here on every version has its entry in the history, and every entry its version. */
  readonly #historyBegin: number;
  #last: { readonly kv: KeyValue; readonly key: string; readonly rank: number } | undefined;
  #lastEntry = 0;
  #keyCount = 0;
  #liveBytes = 0;
  /** Of versions that have a history, and of the history: to be equal. */
  readonly #versions = new Word128();
  readonly #entries = new Word128();

  /** Throws ManifestError and DecodeError. */
  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#historyBegin = Math.max(manifest.compactRevision, 1);
    if (manifest.compactRevision < -1) {
      throw new ManifestError(`compaction ${manifest.compactRevision}`);
    }
    const { leases } = LeaseTable.decode(tableOf(manifest, "leases"));
    for (const { ID, TTL } of leases) {
      if (ID === 0n || TTL < 1 || TTL > maxLeaseTtlSeconds) {
        throw new ManifestError(`lease ${ID} of ${TTL} seconds`);
      }
    }
    this.#leases = new Set(leases.map(({ ID }) => ID));
    const { revision } = AuthTable.decode(tableOf(manifest, "auth"));
    if (revision < 0 || revision > maxRestoredRevision) {
      throw new ManifestError(`auth revision ${revision}`);
    }
  }

  /** Chunks come once each and in order. Throws TransferError. */
  add({ rows, history }: Chunk): void {
    for (const { kv, second } of rows) {
      if (kv === undefined) throw new TransferError("a row without a key");
      this.#row(kv, second);
    }
    for (const { key, revision, second } of history) {
      if (key.length === 0 || revision < this.#lastEntry || !this.#hasHistory(revision)) {
        throw new TransferError(`history of revision ${revision} after ${this.#lastEntry}`);
      }
      this.#lastEntry = revision;
      this.#entries.add(hashOf({ key: byteString(key), revision, second }));
    }
  }

  /** After the last chunk. Throws TransferError. */
  end(): void {
    this.#newest();
    this.#last = undefined;
    const { keyCount, liveBytes } = this.#manifest;
    if (this.#keyCount !== keyCount || this.#liveBytes !== liveBytes) {
      throw new TransferError(
        `${this.#keyCount} keys of ${this.#liveBytes} bytes live, ` +
          `not ${keyCount} of ${liveBytes}`,
      );
    }
    if (!this.#versions.equals(this.#entries)) {
      throw new TransferError("its history is not that of its versions");
    }
  }

  #hasHistory(revision: number): boolean {
    return revision >= this.#historyBegin && revision <= this.#manifest.revision;
  }

  #row(kv: KeyValue, second: boolean): void {
    const { modRevision } = kv;
    const fault = faultOf(kv, this.#manifest.revision);
    if (fault !== undefined) throw new TransferError(`a version with ${fault}`);
    const rank = rankOf(modRevision, second);
    const last = this.#last;
    const same = last !== undefined && sameBytes(last.kv.key, kv.key);
    const key = same ? last.key : byteString(kv.key);
    if (last !== undefined && (same ? rank <= last.rank : key <= last.key)) {
      throw new TransferError("its versions are not in order");
    }
    if (!same) this.#newest();
    this.#last = { kv, key, rank };
    if (this.#hasHistory(modRevision)) {
      this.#versions.add(hashOf({ key, revision: modRevision, second }));
    }
  }

  /** No version of the last key follows: what it says holds now. */
  #newest(): void {
    const kv = this.#last?.kv;
    if (kv === undefined || isTombstone(kv)) return;
    this.#keyCount += 1;
    this.#liveBytes += sizeOf(kv);
    if (kv.lease !== 0n && !this.#leases.has(kv.lease)) {
      throw new TransferError(`a key on lease ${kv.lease}, which is not there`);
    }
  }
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
  const created = createRevision >= 1 && createRevision <= modRevision;
  return created ? undefined : `creation at ${createRevision}`;
}

const hash = new Word128();

function hashOf(entry: HistoryEntry): Word128 {
  hashRecord(recordTag.historyEntry, encodeHistory([entry]), hash);
  return hash;
}

const noBytes = new Uint8Array(0);

function tableOf({ tables }: Manifest, wanted: string): Uint8Array {
  return tables.find(({ name }) => name === wanted)?.data ?? noBytes;
}
