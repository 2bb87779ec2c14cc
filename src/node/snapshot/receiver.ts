import { TransferError } from "../../kv/transfer/errors.ts";
import { DecodeError } from "../../proto/errors.ts";
import type { Message, Snapshot } from "../../proto/raftpb.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { ChunkRequest } from "../peers/frame-codec.ts";
import type { TimerHandle, Timers } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";

/** What a staging generation belongs to; see the state machine. */
export interface StagingKey {
  readonly source: number;
  readonly index: number;
  readonly term: number;
  readonly manifestCrc: number;
}

/** The state machine's staging generation, as a transfer sees it. */
export interface Staging {
  /** The next cursor to ask for; undefined when all is there. */
  openStaging(key: StagingKey): Uint8Array | undefined;
  stageChunk(chunk: Uint8Array): Uint8Array | undefined;
  /** Throws TransferError where count, sum or fingerprint do not hold. */
  verifyStaging(manifest: Uint8Array): void;
  dropStaging(): void;
}

export interface ReceiverParts {
  readonly tuning: Tuning;
  readonly timers: Timers;
  readonly staging: Staging;
  /** Asks the source for rows; undefined where it does not have them any more. */
  fetchChunk(source: number, request: ChunkRequest): Promise<Uint8Array | undefined>;
  /** Raft would take nothing of it: it has these entries, or is beyond them. */
  superfluous(snapshot: Snapshot): boolean;
  /** Gives MsgSnap to raft in this turn. True where the Ready carried it and it was installed. */
  step(message: Message): boolean;
  tellSource(source: number, succeeded: boolean): void;
  turn(input: () => void): void;
  warn(message: string): void;
}

interface Transfer {
  readonly key: StagingKey;
  /** The newest MsgSnap for this key: the one that is stepped. */
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
 * The follower's side of a snapshot transfer: pulls the rows into a staging generation, chunk by
 * chunk, each in a turn of its own; and when all is there and holds, steps MsgSnap into raft. What
 * was staged outlives a restart, and serves the next MsgSnap of the same source, index, term and
 * manifest.
 */
export class SnapshotReceiver {
  readonly #parts: ReceiverParts;
  readonly counts = { succeeded: 0, failed: 0 };
  #transfer: Transfer | undefined;
  #retry: TimerHandle | undefined;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** What is being pulled, for the status. */
  get pulling(): StagingKey | undefined {
    return this.#transfer?.key;
  }

  /** A MsgSnap arrived. Returns "" where it is taken up, else why not. */
  offer(message: Message): string {
    const { snapshot, from } = message;
    if (snapshot === undefined || snapshot.metadata.index === 0)
      return "MsgSnap without a snapshot";
    if (this.#parts.superfluous(snapshot)) {
      // Raft answers with where this member is, and the leader goes on from there.
      this.#parts.step(message);
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

  /** The state was replaced, or this member stops. What is staged stays for the next attempt. */
  forget(): void {
    this.#transfer = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #begin(key: StagingKey, message: Message, snapshot: Snapshot): void {
    this.forget();
    const cursor = this.#parts.staging.openStaging(key);
    const transfer = { key, message, snapshot, cursor, failures: 0 };
    this.#transfer = transfer;
    if (cursor === undefined) this.#complete(transfer);
    else this.#pull(transfer, cursor);
  }

  #pull(transfer: Transfer, cursor: Uint8Array): void {
    const { source, index, term, manifestCrc } = transfer.key;
    const request = { index, term, manifestCrc, cursor, aboveRevision: 0 };
    this.#parts.fetchChunk(source, request).then(
      (chunk) => this.#turn(transfer, () => this.#arrived(transfer, chunk)),
      (error) => this.#turn(transfer, () => this.#failed(transfer, describe(error))),
    );
  }

  #arrived(transfer: Transfer, chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.#giveUp(transfer, "the source does not have the snapshot any more");
      return;
    }
    try {
      transfer.cursor = this.#parts.staging.stageChunk(chunk);
    } catch (error) {
      // Nothing of the chunk was taken: it can be asked for again.
      if (!(error instanceof TransferError || error instanceof DecodeError)) throw error;
      this.#failed(transfer, error.message);
      return;
    }
    transfer.failures = 0;
    if (transfer.cursor === undefined) this.#complete(transfer);
    else this.#pull(transfer, transfer.cursor);
  }

  /** All rows are there: the newest MsgSnap goes to raft, if they are what it promises. */
  #complete(transfer: Transfer): void {
    const { staging } = this.#parts;
    try {
      staging.verifyStaging(transfer.snapshot.data);
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      staging.dropStaging();
      this.#giveUp(transfer, error.message);
      return;
    }
    this.forget();
    const installed = this.#parts.step(transfer.message);
    // Raft refused it (stale, not for this node, or its entries are here): nothing has changed.
    if (!installed) staging.dropStaging();
    if (installed) this.counts.succeeded += 1;
    else this.counts.failed += 1;
    this.#parts.tellSource(transfer.key.source, installed);
  }

  #failed(transfer: Transfer, why: string): void {
    transfer.failures += 1;
    if (transfer.failures >= maxFailures) {
      this.#giveUp(transfer, why);
      return;
    }
    const waitMs = Math.min(retryMaxMs, retryMinMs * 2 ** (transfer.failures - 1));
    this.#retry = this.#parts.timers.start(() => {
      this.#retry = undefined;
      this.#turn(transfer, () => {
        if (transfer.cursor !== undefined) this.#pull(transfer, transfer.cursor);
      });
    }, waitMs);
  }

  #giveUp(transfer: Transfer, why: string): void {
    const { source, index } = transfer.key;
    this.#parts.warn(`snapshot ${index} of member ${source} was not taken: ${why}`);
    this.forget();
    this.counts.failed += 1;
    this.#parts.tellSource(source, false);
  }

  /** A continuation, unless another transfer has taken its place. */
  #turn(transfer: Transfer, input: () => void): void {
    this.#parts.turn(() => {
      if (this.#transfer === transfer) input();
    });
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

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
