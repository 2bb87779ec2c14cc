import type { Entry, HardState, Snapshot } from "../proto/raftpb.ts";
import { forbidOlderReaders, writeFormat } from "./format.ts";
import { defaultLimits, type StorageLimits } from "./limits.ts";
import { RaftStorage } from "./raft-storage.ts";
import { Snapshotter } from "./snap/snapshotter.ts";
import type { Sql } from "./sql.ts";
import type { SleepRecord } from "./wal/sleep-record.ts";
import { Wal, type WalSize } from "./wal/wal.ts";
import type { SnapshotPosition, WalSnapshot } from "./wal/wal-snapshot.ts";

/** What a member's storage begins with. */
export interface StorageBirth {
  /** Identifies the storage's owner; opaque here, at most 4,096 bytes. */
  readonly metadata: Uint8Array;
  /** A founder's first snapshot, with its HardState; a joining member has none. */
  readonly founding?: { readonly snapshot: Snapshot; readonly hardState: HardState };
}

/** A storage's figures for the member's status. */
export interface StorageStatus {
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly hardState: HardState;
  readonly wal: WalSize;
  /** Positions of snapshots, newest first. */
  readonly snapshots: readonly SnapshotPosition[];
}

/**
 * A member's durable storage: WAL, snapshot records and raft's Storage above them, kept in step (in
 * etcd: server/storage/storage.go and raftexample's raftNode).
 *
 * Each method is part of the caller's synchronous turn, and its writes become durable with that
 * turn or not at all. After an exception memory and rows may differ: the turn must abort.
 */
export class MemberStorage {
  readonly #sql: Sql;
  readonly #snapshotter: Snapshotter;
  readonly #raft: RaftStorage;
  readonly #limits: StorageLimits;
  #wal: Wal;
  #bytesOfOlderWals = 0;

  /** Called by `create` and `loadMemberStorage`. */
  constructor(
    sql: Sql,
    wal: Wal,
    snapshotter: Snapshotter,
    raft: RaftStorage,
    limits: StorageLimits,
  ) {
    this.#sql = sql;
    this.#limits = limits;
    this.#wal = wal;
    this.#snapshotter = snapshotter;
    this.#raft = raft;
  }

  /** Creates the storage of a new member. Throws where there is a WAL already. */
  static create(
    sql: Sql,
    { metadata, founding }: StorageBirth,
    limits = defaultLimits,
  ): MemberStorage {
    if (Wal.exists(sql)) throw new Error("this member has a WAL already");
    writeFormat(sql);
    const snapshotter = new Snapshotter(sql);
    const wal = founding
      ? Wal.begin(
          sql,
          {
            metadata,
            snapshot: walSnapshot(founding.snapshot),
            hardState: founding.hardState,
          },
          limits,
        )
      : Wal.create(sql, metadata, limits);
    const raft = new RaftStorage(wal, (newest) => snapshotter.read(newest), limits.cacheBytes);
    if (founding) {
      snapshotter.save(founding.snapshot);
      raft.applySnapshot(founding.snapshot);
      raft.setHardState(founding.hardState);
    }
    return new MemberStorage(sql, wal, snapshotter, raft, limits);
  }

  /** The Storage that the raft core reads. */
  get raft(): RaftStorage {
    return this.#raft;
  }

  /** The metadata given to `create`. */
  get metadata(): Uint8Array {
    return this.#wal.metadata;
  }

  get status(): StorageStatus {
    return {
      firstIndex: this.#raft.firstIndex(),
      lastIndex: this.#raft.lastIndex(),
      hardState: this.#wal.hardState,
      wal: this.#wal.size,
      snapshots: this.#snapshotter.positions(),
    };
  }

  /** Bytes that this instance has written to its write-ahead log. */
  get walBytesWritten(): number {
    return this.#bytesOfOlderWals + this.#wal.bytesWritten;
  }

  /**
   * Stores a Ready's HardState and entries; returns the number of WAL rows written. A HardState
   * with only a new commit index writes none, and goes with the next row.
   */
  save(hardState: HardState | undefined, entries: readonly Entry[]): number {
    const rows = this.#wal.save(hardState, entries);
    if (hardState) this.#raft.setHardState(hardState);
    this.#raft.append(entries);
    return rows;
  }

  /** The commit index that the WAL's last row carries: what a start knows. */
  get storedCommit(): number {
    return this.#wal.storedCommit;
  }

  /** The sleep record in force: the newest row's of the WAL, where it has one. */
  get sleepRecord(): SleepRecord | undefined {
    return this.#wal.sleepRecord;
  }

  /** Writes a sleep record, in force until the next row that is no fence (one row). */
  writeSleep(record: SleepRecord): void {
    forbidOlderReaders(this.#sql);
    this.#wal.writeSleep(record);
  }

  /** Writes a WAL row without content: when it is durable, so is everything before it. */
  fence(): void {
    this.#wal.fence();
  }

  /**
   * Stores a snapshot of this member's state: the WAL's record of it (with a HardState that has it
   * committed), then the snapshot record (etcd's SaveSnap). The log stays. Throws
   * SnapshotOutOfDateError, and stores nothing, unless it is newer than the newest.
   */
  saveSnapshot(snapshot: Snapshot): void {
    this.#raft.requireNewer(snapshot);
    this.#wal.saveSnapshot(walSnapshot(snapshot));
    this.#snapshotter.save(snapshot);
    this.#raft.snapshotSaved(snapshot);
  }

  /** Reads a saved snapshot. Throws SnapshotDamagedError where it is missing or damaged. */
  readSnapshot(position: SnapshotPosition): Snapshot {
    return this.#snapshotter.read(position);
  }

  /** Drops log entries up to `index`, unless they are dropped already. */
  compact(index: number): void {
    if (index >= this.#raft.firstIndex()) this.#raft.compact(index);
  }

  /**
   * Drops what a start does not need: snapshots older than the two newest, and segments that end
   * before the older of these two, before entries that raft may read, and before `hold`.
   * @param hold the index after which a transfer still needs the log.
   */
  release(hold = Number.POSITIVE_INFINITY): void {
    const older = this.#snapshotter.release();
    if (!older) return;
    this.#wal.releaseTo(Math.min(older.index, this.#raft.firstIndex() - 1, hold));
  }

  /**
   * Stores a Ready with a leader's snapshot: begins a new WAL with it and drops older segments and
   * snapshots in the same turn, so that neither replay nor fallback crosses the installation.
   * Throws SnapshotOutOfDateError, and stores nothing, unless it is newer than this member's
   * newest.
   * @param hardState the newest, with a commit not below the snapshot.
   * @param entries the same Ready's entries after the snapshot.
   * @param metadata the storage's new owner, where that changes.
   */
  install(
    snapshot: Snapshot,
    hardState: HardState,
    entries: readonly Entry[] = [],
    metadata: Uint8Array = this.#wal.metadata,
  ): void {
    this.#raft.requireNewer(snapshot);
    const beginning = { metadata, snapshot: walSnapshot(snapshot), hardState };
    this.#bytesOfOlderWals = this.walBytesWritten;
    this.#wal = Wal.begin(this.#sql, beginning, this.#limits);
    this.#snapshotter.save(snapshot);
    this.#snapshotter.keepOnly(snapshot.metadata);
    this.#raft.applySnapshot(snapshot, this.#wal);
    this.#raft.setHardState(hardState);
    if (entries.length > 0) this.save(undefined, entries);
  }
}

function walSnapshot({ metadata }: Snapshot): WalSnapshot {
  const { index, term, confState } = metadata;
  return { index, term, confState };
}
