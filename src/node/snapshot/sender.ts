import { TransferError } from "../../kv/transfer/errors.ts";
import type { Message, Snapshot } from "../../proto/raftpb.ts";
import { type RawNode, SnapshotStatus } from "../../raft/index.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { Core } from "../core.ts";
import type { ChunkRequest } from "../peers/frame-codec.ts";
import { compactRevisionOf, type RetainedSnapshots } from "./retained.ts";

/** One follower that takes a snapshot, and what is kept for it. */
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
 * The leader's side of a snapshot transfer. MsgSnap brings metadata and manifest; the follower
 * pulls the rows. While it asks, neither the revisions nor the log that it needs are compacted,
 * within bounds; after them it is cut, and begins anew with a newer snapshot.
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

  /** The lowest index that a transfer needs the log from; Infinity for none. */
  get heldIndex(): number {
    return this.#lowest(({ snapshot }) => snapshot.metadata.index);
  }

  /** The lowest compaction of a snapshot under way: nothing above it may go. Infinity for none. */
  get heldCompaction(): number {
    return this.#lowest(({ compactRevision }) => compactRevision);
  }

  /**
   * The snapshot that the next MsgSnap should carry: one that is being transferred already, so that
   * a follower which lost its place goes on with what it has; else undefined, for the newest.
   */
  get preferred(): Snapshot | undefined {
    let found: Snapshot | undefined;
    for (const { snapshot } of this.#holds.values()) {
      if (found === undefined || snapshot.metadata.index > found.metadata.index) found = snapshot;
    }
    return found;
  }

  /** Raft asks to send this snapshot. */
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
   * Rows for a follower; undefined where the snapshot is not (or no longer) to be had. A leader
   * that restarted meanwhile knows it by its record.
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
      // It was compacted while no transfer held it: the follower is better served with a newer one.
      this.#holds.delete(peer);
      return undefined;
    }
  }

  /**
   * The follower says how it ended. One that failed is offered again, and the same snapshot for a
   * while: it may have most of it.
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

  /** Leads no longer, or the state was replaced: the followers ask elsewhere. */
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
