import type { Entry, HardState, Snapshot } from "../proto/raftpb.ts";
import { writeFormat } from "./format.ts";
import { defaultLimits, type StorageLimits } from "./limits.ts";
import { RaftStorage } from "./raft-storage.ts";
import { Snapshotter } from "./snap/snapshotter.ts";
import type { Sql } from "./sql.ts";
import { Wal, type WalSize } from "./wal/wal.ts";
import type { SnapshotPosition, WalSnapshot } from "./wal/wal-snapshot.ts";

/** How a member's storage begins. */
export interface StorageBirth {
  /** Whose storage it is, opaque here: at most 4,096 bytes. */
  readonly metadata: Uint8Array;
  /** A founder's first snapshot, with its HardState; a member that joins has none. */
  readonly founding?: { readonly snapshot: Snapshot; readonly hardState: HardState };
}

/** What the status of a member shows of its storage. */
export interface StorageStatus {
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly hardState: HardState;
  readonly wal: WalSize;
  /** Newest first. */
  readonly snapshots: readonly SnapshotPosition[];
}

/**
 * A member's durable side: WAL, snapshot records and raft's Storage over them, kept in step. (What
 * etcd splits between server/storage/storage.go and raftexample's raftNode.)
 *
 * Each method is part of the one synchronous turn that calls it, and what it wrote becomes durable
 * with that turn or not at all. An exception out of any of them leaves memory and rows apart: the
 * turn must abort.
 */
export class MemberStorage {
  readonly #sql: Sql;
  readonly #snapshotter: Snapshotter;
  readonly #raft: RaftStorage;
  readonly #limits: StorageLimits;
  #wal: Wal;
  #bytesOfOlderWals = 0;

  /** What `create` and `loadMemberStorage` put together. */
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

  /** The storage of a new member. Throws where there is a WAL already. */
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

  /** What the raft core reads. */
  get raft(): RaftStorage {
    return this.#raft;
  }

  /** What `create` was given. */
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
   * Stores a Ready's HardState and entries; returns the number of WAL rows that took. A HardState
   * that differs in its commit alone takes none, and goes with the next row.
   */
  save(hardState: HardState | undefined, entries: readonly Entry[]): number {
    const rows = this.#wal.save(hardState, entries);
    if (hardState) this.#raft.setHardState(hardState);
    this.#raft.append(entries);
    return rows;
  }

  /** Writes a WAL row for its own sake: once it is durable, so is everything before it. */
  fence(): void {
    this.#wal.fence();
  }

  /**
   * Stores a snapshot of this member's state: first the WAL's record of it (with a HardState whose
   * commit is not below it), then its own (as etcd's SaveSnap). The log stays as it is. Throws
   * SnapshotOutOfDateError, and stores nothing, where it is not newer than the newest.
   */
  saveSnapshot(snapshot: Snapshot): void {
    this.#raft.requireNewer(snapshot);
    this.#wal.saveSnapshot(walSnapshot(snapshot));
    this.#snapshotter.save(snapshot);
    this.#raft.snapshotSaved(snapshot);
  }

  /** The data of a saved snapshot. Throws SnapshotDamagedError where it is gone or damaged. */
  readSnapshot(position: SnapshotPosition): Snapshot {
    return this.#snapshotter.read(position);
  }

  /** Forgets log entries up to `index`, as far as that has not been done. */
  compact(index: number): void {
    if (index >= this.#raft.firstIndex()) this.#raft.compact(index);
  }

  /**
   * Drops what a start no longer needs: snapshots older than the two newest, and segments that end
   * before the older of these two, before what raft may still read, and before `hold`.
   *
   * @param hold the index after which a transfer still needs the log.
   */
  release(hold = Number.POSITIVE_INFINITY): void {
    const older = this.#snapshotter.release();
    if (!older) return;
    this.#wal.releaseTo(Math.min(older.index, this.#raft.firstIndex() - 1, hold));
  }

  /**
   * Stores a Ready that carries a snapshot from the leader: a new WAL is begun with it, and older
   * segments and snapshots are gone with the same turn, so that neither a replay nor a fallback
   * crosses the installation. Throws SnapshotOutOfDateError, and stores nothing, where it is not
   * newer than the newest of this member.
   *
   * @param hardState the newest, with a commit not below the snapshot.
   * @param entries what the same Ready has after the snapshot.
   * @param metadata whose storage it is from now on, where that changes.
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
