import { isFaultOfTransfer } from "../../kv/transfer/errors.ts";
import type { StagingKey } from "../../kv/transfer/staging.ts";
import { messageOf } from "../../proto/errors.ts";
import { type Message, MessageType, newMessage, type Snapshot } from "../../proto/raftpb.ts";
import type { RawNode } from "../../raft/index.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { Core } from "../core.ts";
import type { Inbox } from "../raw-node/inbox.ts";
import type { TimerHandle } from "../world/environment.ts";

interface Pull {
  readonly key: StagingKey;
  /** The newest MsgSnap for this key, which will be stepped. */
  message: Message;
  snapshot: Snapshot;
  cursor: Uint8Array | undefined;
  failures: number;
}

/** Attempts at one chunk before the source is told that the transfer failed. */
const maxFailures = 8;
const retryMinMs = 100;
const retryMaxMs = 3_000;

/**
 * The follower's side of a snapshot transfer: pulls the rows into a staging generation, a chunk a
 * turn, and steps MsgSnap into raft when all of them are there and verified. Staged rows survive a
 * restart, and are used for the next MsgSnap of the same source, index, term and manifest.
 */
export class SnapshotReceiver {
  readonly #core: Core;
  readonly #node: RawNode;
  readonly #inbox: Inbox;
  readonly counts = { succeeded: 0, failed: 0 };
  #transfer: Pull | undefined;
  /** A MsgSnap whose rows are all staged, to be stepped at the end of this turn. */
  #whole: Message | undefined;
  #retry: TimerHandle | undefined;

  constructor(core: Core, node: RawNode, inbox: Inbox) {
    this.#core = core;
    this.#node = node;
    this.#inbox = inbox;
  }

  /** The snapshot that is being pulled, for the status. */
  get pulling(): StagingKey | undefined {
    return this.#transfer?.key;
  }

  /** Takes in a MsgSnap. Returns "" where it is accepted, else the reason. */
  offer(message: Message): string {
    const { snapshot, from } = message;
    if (snapshot === undefined || snapshot.metadata.index === 0)
      return "MsgSnap without a snapshot";
    if (this.#isSuperfluous(snapshot)) {
      // Raft's response tells the leader where this member is.
      this.#inbox.step(message);
      return "";
    }
    const { index, term } = snapshot.metadata;
    const key = { source: from, index, term, manifestCrc: crc32c(snapshot.data) };
    const current = this.#transfer;
    if (current !== undefined && sameKey(current.key, key)) {
      current.message = message;
      current.snapshot = snapshot;
      return "";
    }
    if (current !== undefined && current.message.term > message.term) {
      return `a snapshot of term ${current.message.term} is being pulled`;
    }
    this.#begin(key, message, snapshot);
    return "";
  }

  /** The MsgSnap to step now, if its rows were completed in this turn. */
  takeWhole(): Message | undefined {
    const whole = this.#whole;
    this.#whole = undefined;
    return whole;
  }

  /** Ends a transfer after raft got its MsgSnap, and tells the source. */
  ended(message: Message, installed: boolean): void {
    // Raft refused it (stale, not for this member, or its entries are here): nothing has changed.
    if (!installed) this.#core.machine.transfers.dropStaging();
    if (installed) this.counts.succeeded += 1;
    else this.counts.failed += 1;
    this.tellSource(message.from, installed);
  }

  /**
   * Tells the source the result. If the call is lost, the source notices that no chunks are asked
   * for.
   */
  tellSource(source: number, succeeded: boolean): void {
    const { calls, options } = this.#core;
    const type = MessageType.MsgSnapStatus;
    const from = options.memberId;
    const message = newMessage({ type, to: source, from, reject: !succeeded });
    calls.tell(source, "snapshotStatus", { message });
  }

  /**
   * Forgets the transfer: the state was replaced, or the member stops. Staged rows stay for the
   * next attempt.
   */
  forget(): void {
    this.#transfer = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #begin(key: StagingKey, message: Message, snapshot: Snapshot): void {
    this.forget();
    const cursor = this.#core.machine.transfers.openStaging(key);
    const transfer = { key, message, snapshot, cursor, failures: 0 };
    this.#transfer = transfer;
    if (cursor === undefined) this.#complete(transfer);
    else this.#pull(transfer, cursor);
  }

  #pull(transfer: Pull, cursor: Uint8Array): void {
    const { source, index, term, manifestCrc } = transfer.key;
    const request = { index, term, manifestCrc, cursor, aboveRevision: 0 };
    // False once another transfer has taken its place.
    const isCurrent = () => this.#transfer === transfer;
    this.#core.calls.call(
      source,
      "snapshotChunk",
      { chunk: request },
      {
        done: ({ chunk }) => {
          if (isCurrent()) this.#arrived(transfer, chunk);
        },
        failed: (error) => {
          if (isCurrent()) this.#failed(transfer, messageOf(error));
        },
      },
    );
  }

  #arrived(transfer: Pull, chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.#giveUp(transfer, "the source does not have the snapshot any more");
      return;
    }
    try {
      transfer.cursor = this.#core.machine.transfers.stageChunk(chunk);
    } catch (error) {
      // Nothing of the chunk was written, so it can be asked for again.
      if (!isFaultOfTransfer(error)) throw error;
      this.#failed(transfer, error.message);
      return;
    }
    transfer.failures = 0;
    if (transfer.cursor === undefined) this.#complete(transfer);
    else this.#pull(transfer, transfer.cursor);
  }

  /** All rows are staged: hands the newest MsgSnap to raft, if the rows match its manifest. */
  #complete(transfer: Pull): void {
    const { machine } = this.#core;
    try {
      machine.transfers.verifyStaging(transfer.snapshot.data);
    } catch (error) {
      if (!isFaultOfTransfer(error)) throw error;
      machine.transfers.dropStaging();
      this.#giveUp(transfer, error.message);
      return;
    }
    this.forget();
    this.#whole = transfer.message;
  }

  #failed(transfer: Pull, why: string): void {
    transfer.failures += 1;
    if (transfer.failures >= maxFailures) {
      this.#giveUp(transfer, why);
      return;
    }
    const waitMs = Math.min(retryMaxMs, retryMinMs * 2 ** (transfer.failures - 1));
    this.#retry = this.#core.environment.timers.start(() => {
      this.#retry = undefined;
      if (transfer.cursor !== undefined) this.#pull(transfer, transfer.cursor);
    }, waitMs);
  }

  #giveUp(transfer: Pull, why: string): void {
    const { source, index } = transfer.key;
    this.#core.environment.log.warn(`snapshot ${index} of member ${source} was not taken: ${why}`);
    this.forget();
    this.counts.failed += 1;
    this.tellSource(source, false);
  }

  /** Whether raft would ignore the snapshot because its log has the last entry already. */
  #isSuperfluous({ metadata }: Snapshot): boolean {
    const { index, term } = metadata;
    if (index <= this.#node.basicStatus().hardState.commit) return true;
    const { raft } = this.#core.storage;
    if (index < raft.firstIndex() - 1 || index > raft.lastIndex()) return false;
    return raft.term(index) === term;
  }
}

function sameKey(a: StagingKey, b: StagingKey): boolean {
  return (
    a.source === b.source &&
    a.index === b.index &&
    a.term === b.term &&
    a.manifestCrc === b.manifestCrc
  );
}
