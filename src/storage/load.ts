import type { Snapshot } from "../proto/raftpb.ts";
import { StorageDamagedError, sqlDamage } from "./damage.ts";
import { FormatError, openFormat } from "./format.ts";
import { defaultLimits, type StorageLimits } from "./limits.ts";
import { MemberStorage } from "./member-storage.ts";
import { RaftStorage } from "./raft-storage.ts";
import { SnapshotDamagedError } from "./snap/record.ts";
import { type SetAside, Snapshotter } from "./snap/snapshotter.ts";
import type { Sql } from "./sql.ts";
import { TailCache } from "./tail-cache.ts";
import { WalError } from "./wal/errors.ts";
import { Wal } from "./wal/wal.ts";
import { origin } from "./wal/wal-snapshot.ts";

/** The steps of a start, in this order. */
export const loadSteps = [
  "load the newest valid snapshot",
  "open the WAL at its index and term",
  "readAll",
  "applySnapshot to raft's storage",
  "setHardState",
  "append the entries",
] as const;
export type LoadStep = (typeof loadSteps)[number];

export interface LoadOptions {
  /** Called before each step. */
  readonly onStep?: (step: LoadStep) => void;
  /** Bytes of WAL rows between two yields, about. */
  readonly sliceBytes?: number;
  readonly limits?: StorageLimits;
}

/** How much of the WAL is read. */
export interface LoadProgress {
  readonly rows: number;
  readonly totalRows: number;
}

/** Why a member can neither vote nor acknowledge, for the operator. */
export interface Damage {
  /** The error's name: CrcMismatchError, IndexGapError, NoSnapshotError, ... */
  readonly kind: string;
  /** The damaged row, record or table. */
  readonly where: string;
  readonly reason: string;
}

export interface Loaded {
  readonly state: "loaded";
  readonly storage: MemberStorage;
  /** The snapshot to recover the state machine from; undefined: none. */
  readonly snapshot: Snapshot | undefined;
  /** Newer snapshots that were damaged and set aside. */
  readonly setAside: readonly SetAside[];
}

export type LoadResult =
  /** There is no WAL: the member is new, or lost its storage. */
  | { readonly state: "empty" }
  | { readonly state: "damaged"; readonly damage: Damage; readonly setAside: readonly SetAside[] }
  | Loaded;

/**
 * Loads a member's storage at its start, in the order of `loadSteps`. Yields between slices of the
 * WAL; the result says whether the member may take part. Damage is a result, not an exception.
 */
export function* loadMemberStorage(
  sql: Sql,
  options: LoadOptions = {},
): Generator<LoadProgress, LoadResult> {
  const setAside: SetAside[] = [];
  try {
    if (!Wal.exists(sql)) return { state: "empty" };
    openFormat(sql);
    return yield* load(sql, setAside, options);
  } catch (error) {
    const damage = damageOf(error);
    if (!damage) throw error;
    return { state: "damaged", damage, setAside };
  }
}

function* load(
  sql: Sql,
  setAside: SetAside[],
  { onStep, sliceBytes, limits = defaultLimits }: LoadOptions,
): Generator<LoadProgress, LoadResult> {
  onStep?.("load the newest valid snapshot");
  const snapshotter = new Snapshotter(sql);
  const known = Wal.validSnapshotEntries(sql);
  const found = snapshotter.loadNewestAvailable(known);
  setAside.push(...found.setAside);
  const { snapshot } = found;
  if (!snapshot && known.length > 0) throw new NoSnapshotError(known.length);

  onStep?.("open the WAL at its index and term");
  const wal = Wal.open(sql, snapshot?.metadata ?? origin, limits);

  onStep?.("readAll");
  const tail = new TailCache(limits.cacheBytes);
  for (const { entries, rows, totalRows } of wal.read(sliceBytes)) {
    tail.append(entries);
    yield { rows, totalRows };
  }

  const raft = new RaftStorage(wal, (newest) => snapshotter.read(newest), limits.cacheBytes);
  onStep?.("applySnapshot to raft's storage");
  if (snapshot) raft.applySnapshot(snapshot);
  onStep?.("setHardState");
  raft.setHardState(wal.hardState);
  onStep?.("append the entries");
  // The WAL has all entries, where raft's storage reads them; the newest go into its memory.
  const cached = tail.bytes > 0 && tail.first <= wal.lastIndex;
  if (cached) raft.append(tail.slice(tail.first, wal.lastIndex + 1));
  const storage = new MemberStorage(sql, wal, snapshotter, raft, limits);
  return { state: "loaded", storage, snapshot, setAside };
}

/** The WAL has snapshot records, but none of their snapshots can be loaded. */
class NoSnapshotError extends Error {
  override readonly name = "NoSnapshotError";

  constructor(known: number) {
    super(`snap: no available snapshot, of ${known} that the WAL knows of`);
  }
}

/** The damage that an error stands for; undefined for any other error. */
export function damageOf(error: unknown): Damage | undefined {
  if (error instanceof WalError) return damage(error, error.where);
  if (error instanceof SnapshotDamagedError) return damage(error, error.record);
  if (error instanceof NoSnapshotError) return damage(error, "snap");
  if (error instanceof FormatError) return damage(error, "storage_format");
  if (error instanceof StorageDamagedError) return damage(error, error.where);
  const reason = sqlDamage(error);
  return reason === undefined ? undefined : { kind: "SQLite", where: "the database", reason };
}

function damage(error: Error, where: string): Damage {
  return { kind: error.name, where, reason: error.message };
}
