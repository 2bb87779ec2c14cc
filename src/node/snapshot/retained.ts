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
 * What is known of the retained snapshot records without reading them. A damaged record counts as
 * missing: it is logged, and set aside by the next start.
 */
export class RetainedSnapshots {
  readonly #storage: MemberStorage;
  readonly #warn: (message: string) => void;
  /** Retained snapshots, newest first. */
  #known: RetainedSnapshot[] = [];

  constructor(storage: MemberStorage, warn: (message: string) => void) {
    this.#storage = storage;
    this.#warn = warn;
    this.refresh();
  }

  /** Retained snapshots, newest first. */
  get list(): readonly SnapshotSummary[] {
    return this.#known.map(({ name, index, term, bytes }) => ({ name, index, term, bytes }));
  }

  /** The lowest compact revision of the retained snapshots; Infinity for none. */
  get oldestCompaction(): number {
    return Math.min(...this.#known.map(({ compactRevision }) => compactRevision));
  }

  /** Reads the list again after a record was written or deleted. */
  refresh(): void {
    const known = new Map(this.#known.map((each) => [each.name, each]));
    this.#known = this.#storage.status.snapshots.flatMap((position) => {
      const found = known.get(snapName(position));
      if (found !== undefined) return found;
      const snapshot = this.read(position);
      return snapshot === undefined ? [] : describe(snapshot);
    });
  }

  /** The record at a position; undefined where none can be read. */
  read(position: SnapshotPosition): Snapshot | undefined {
    try {
      return this.#storage.readSnapshot(position);
    } catch (error) {
      if (!(error instanceof SnapshotDamagedError)) throw error;
      this.#warn(`snapshot ${snapName(position)} cannot be read: ${error.message}`);
      return undefined;
    }
  }

  /** The record at an index, whatever its term. */
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

/** The compact revision in a manifest: -1 on a store that was never compacted. */
export function compactRevisionOf(manifest: Uint8Array): number {
  return Manifest.decode(manifest).compactRevision;
}
