import { TransferError } from "../../kv/transfer/errors.ts";
import type { Message, Snapshot } from "../../proto/raftpb.ts";
import { type RawNode, SnapshotStatus } from "../../raft/index.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { Core } from "../core.ts";
import type { ChunkRequest } from "../peers/frame-codec.ts";
import { compactRevisionOf, type RetainedSnapshots } from "./retained.ts";

/** A follower's transfer, and what is held for it. */
interface TransferHold {
  readonly peer: number;
  readonly snapshot: Snapshot;
  readonly manifestCrc: number;
  readonly compactRevision: number;
  ageTicks: number;
  /** Ticks since the follower last asked. */
  idleTicks: number;
}

const maxHolds = 16;

/**
 * The leader's side of a snapshot transfer. MsgSnap has metadata and manifest; the follower pulls
 * the rows. While it does, the revisions and log that it needs are held, within bounds; beyond them
 * the transfer is dropped, and begins again with a newer snapshot.
 */
export class SnapshotSender {
  readonly #core: Core;
  readonly #node: RawNode;
  readonly #retained: RetainedSnapshots;
  readonly #holds = new Map<number, TransferHold>();
  readonly counts = { succeeded: 0, failed: 0 };

  constructor(core: Core, node: RawNode, retained: RetainedSnapshots) {
    this.#core = core;
    this.#node = node;
    this.#retained = retained;
  }

  get transfers(): number {
    return this.#holds.size;
  }

  /** The lowest index after which a transfer needs the log; Infinity for none. */
  get heldIndex(): number {
    return this.#lowest(({ snapshot }) => snapshot.metadata.index);
  }

  /**
   * The lowest compact revision of a transferred snapshot: rows above it must stay. Infinity for
   * none.
   */
  get heldCompaction(): number {
    return this.#lowest(({ compactRevision }) => compactRevision);
  }

  /**
   * The snapshot for the next MsgSnap: one that is being transferred already, so that a follower
   * which restarted continues it; else undefined, for the newest.
   */
  get preferred(): Snapshot | undefined {
    let found: Snapshot | undefined;
    for (const { snapshot } of this.#holds.values()) {
      if (found === undefined || snapshot.metadata.index > found.metadata.index) found = snapshot;
    }
    return found;
  }

  /** Offers a snapshot to a follower, for raft. */
  send(message: Message): void {
    const { snapshot, to } = message;
    if (snapshot === undefined) throw new Error(`MsgSnap to ${to} without a snapshot`);
    if (!this.#holds.has(to) && this.#holds.size >= maxHolds) {
      this.#report(to, false);
      return;
    }
    this.#hold(to, snapshot);
    this.#core.calls.call(
      to,
      "snapshot",
      { message },
      {
        done: ({ refused }) => {
          if (refused !== "") this.#failed(to, snapshot);
        },
        failed: () => this.#failed(to, snapshot),
      },
    );
  }

  /**
   * Rows for a follower; undefined where the snapshot is gone. A leader that restarted finds it by
   * its record.
   */
  chunk(peer: number, request: ChunkRequest): Uint8Array | undefined {
    const hold = this.#holdFor(peer, request);
    if (hold === undefined) return undefined;
    hold.idleTicks = 0;
    const { machine, options } = this.#core;
    const { chunkBytes } = options.tuning;
    try {
      return machine.transfers.exportChunk(hold.snapshot.data, request.cursor, chunkBytes).bytes;
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      // The snapshot was compacted while no transfer held it: the follower needs a newer one.
      this.#holds.delete(peer);
      return undefined;
    }
  }

  /**
   * Ends a follower's transfer. After a failure the same snapshot is offered again for a while,
   * since the follower may have most of it.
   */
  ended(peer: number, succeeded: boolean): void {
    if (succeeded) this.#holds.delete(peer);
    this.#report(peer, succeeded);
  }

  tick(): void {
    const { transferHoldMs, transferIdleMs, transferHoldBytes, tickMs } = this.#core.options.tuning;
    for (const [peer, hold] of this.#holds) {
      hold.ageTicks += 1;
      hold.idleTicks += 1;
      const idle = hold.idleTicks * tickMs > transferIdleMs;
      const old = hold.ageTicks * tickMs > transferHoldMs;
      const large = this.#core.storage.status.wal.bytes > transferHoldBytes;
      if (!idle && !old && !large) continue;
      this.#holds.delete(peer);
      this.#report(peer, false);
    }
  }

  /** Drops all transfers: this member leads no longer, or the state was replaced. */
  reset(): void {
    this.#holds.clear();
  }

  #report(peer: number, succeeded: boolean): void {
    if (succeeded) this.counts.succeeded += 1;
    else this.counts.failed += 1;
    const { SnapshotFinish, SnapshotFailure } = SnapshotStatus;
    this.#node.reportSnapshot(peer, succeeded ? SnapshotFinish : SnapshotFailure);
  }

  #hold(peer: number, snapshot: Snapshot): TransferHold {
    const hold: TransferHold = {
      peer,
      snapshot,
      manifestCrc: crc32c(snapshot.data),
      compactRevision: compactRevisionOf(snapshot.data),
      ageTicks: this.#holds.get(peer)?.ageTicks ?? 0,
      idleTicks: 0,
    };
    this.#holds.set(peer, hold);
    return hold;
  }

  #holdFor(peer: number, { index, term, manifestCrc }: ChunkRequest): TransferHold | undefined {
    const matches = ({ metadata }: Snapshot) => metadata.index === index && metadata.term === term;
    const known = this.#holds.get(peer);
    if (known !== undefined && matches(known.snapshot)) {
      return known.manifestCrc === manifestCrc ? known : undefined;
    }
    const snapshot = this.#retained.find({ index, term });
    if (snapshot === undefined || crc32c(snapshot.data) !== manifestCrc) return undefined;
    if (known === undefined && this.#holds.size >= maxHolds) return undefined;
    return this.#hold(peer, snapshot);
  }

  #failed(peer: number, snapshot: Snapshot): void {
    // A later attempt may have begun since.
    if (this.#holds.get(peer)?.snapshot === snapshot) this.ended(peer, false);
  }

  #lowest(of: (hold: TransferHold) => number): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const hold of this.#holds.values()) lowest = Math.min(lowest, of(hold));
    return lowest;
  }
}
