import { Manifest } from "../../proto/generated/kv.ts";
import type { Snapshot } from "../../proto/raftpb.ts";
import type { SnapshotSummary } from "../../rpc/messages.ts";
import type { MemberStorage } from "../../storage/member-storage.ts";
import { snapName } from "../../storage/snap/name.ts";
import { SnapshotDamagedError } from "../../storage/snap/record.ts";
import type { SnapshotPosition } from "../../storage/wal/wal-snapshot.ts";

interface RetainedSnapshot extends SnapshotSummary {
  readonly compactRevision: number;
}

/**
 * The snapshot records that a member keeps: what must be known of them all the time, without
 * reading them. A record that turns out damaged is as good as none: it is said, and left for the
 * next start to set aside.
 */
export class RetainedSnapshots {
  readonly #storage: MemberStorage;
  readonly #warn: (message: string) => void;
  /** Newest first. */
  #known: RetainedSnapshot[] = [];

  constructor(storage: MemberStorage, warn: (message: string) => void) {
    this.#storage = storage;
    this.#warn = warn;
    this.refresh();
  }

  /** Newest first. */
  get list(): readonly SnapshotSummary[] {
    return this.#known.map(({ name, index, term, bytes }) => ({ name, index, term, bytes }));
  }

  /** The lowest compaction of one of them; Infinity for none. */
  get oldestCompaction(): number {
    return Math.min(...this.#known.map(({ compactRevision }) => compactRevision));
  }

  /** A record was written or deleted. */
  refresh(): void {
    const known = new Map(this.#known.map((each) => [each.name, each]));
    this.#known = this.#storage.status.snapshots.flatMap((position) => {
      const found = known.get(snapName(position));
      if (found !== undefined) return found;
      const snapshot = this.read(position);
      return snapshot === undefined ? [] : describe(snapshot);
    });
  }

  /** The record of a position; undefined where there is none that can be read. */
  read(position: SnapshotPosition): Snapshot | undefined {
    try {
      return this.#storage.readSnapshot(position);
    } catch (error) {
      if (!(error instanceof SnapshotDamagedError)) throw error;
      this.#warn(`snapshot ${snapName(position)} cannot be read: ${error.message}`);
      return undefined;
    }
  }

  /** The one at an index, whatever its term. */
  at(index: number): Snapshot | undefined {
    const found = this.#known.find((each) => each.index === index);
    return found && this.read(found);
  }

  find({ index, term }: SnapshotPosition): Snapshot | undefined {
    const found = this.#known.find((each) => each.index === index && each.term === term);
    return found && this.read(found);
  }
}

function describe({ data, metadata }: Snapshot): RetainedSnapshot {
  const { index, term } = metadata;
  const name = snapName(metadata);
  return { name, index, term, bytes: data.length, compactRevision: compactRevisionOf(data) };
}

/** The compaction of a manifest: -1 on a store that was never compacted. */
export function compactRevisionOf(manifest: Uint8Array): number {
  return Manifest.decode(manifest).compactRevision;
}
