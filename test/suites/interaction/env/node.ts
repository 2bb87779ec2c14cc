import { decodeConfChange, decodeConfChangeV2 } from "../../../../src/proto/codec.ts";
import {
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  newSnapshot,
  type Snapshot,
} from "../../../../src/proto/raftpb.ts";
import type { Config } from "../../../../src/raft/config.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { RawNode } from "../../../../src/raft/node/rawnode.ts";
import { isEmptyHardState, isEmptySnap } from "../../../../src/raft/node/ready.ts";
import { CommandError } from "./errors.ts";

/** Memory storage whose snapshot is the newest that the state machine has made. */
class HistoryStorage extends MemoryStorage {
  readonly #history: readonly Snapshot[];

  constructor(history: readonly Snapshot[]) {
    super();
    this.#history = history;
  }

  override snapshot(): Snapshot {
    return this.#history.at(-1) ?? newSnapshot();
  }
}

/** A raft node with its storage, an appending state machine, and the work of its two threads. */
export class Node {
  readonly id: number;
  readonly raw: RawNode;
  readonly storage: HistoryStorage;
  readonly config: Config;
  /** MsgStorageAppend not yet handled, oldest first. */
  readonly appendWork: Message[] = [];
  /** MsgStorageApply not yet handled, oldest first. */
  readonly applyWork: Message[] = [];
  /** The state machine: a snapshot after each applied entry, and first what it started from. */
  readonly #history: Snapshot[];

  /** @param snapshot what the node starts from; undefined for an empty storage. */
  constructor(config: Omit<Config, "storage">, snapshot: Snapshot | undefined) {
    this.id = config.id;
    this.#history = [snapshot ?? newSnapshot()];
    this.storage = new HistoryStorage(this.#history);
    if (snapshot !== undefined) this.storage.applySnapshot(snapshot);
    this.config = { ...config, storage: this.storage };
    this.raw = new RawNode(this.config);
  }

  append(hardState: HardState | undefined, entries: readonly Entry[], snapshot?: Snapshot): void {
    if (hardState !== undefined && !isEmptyHardState(hardState)) {
      this.storage.setHardState(hardState);
    }
    if (snapshot === undefined || isEmptySnap(snapshot)) {
      this.storage.append(entries);
      return;
    }
    if (entries.length > 0) {
      throw new CommandError("can't apply snapshot and entries at the same time");
    }
    this.storage.applySnapshot(snapshot);
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { update, confState } = this.#applyEntry(entry);
      const last = this.#history.at(-1) ?? newSnapshot();
      const metadata = {
        index: entry.index,
        term: entry.term,
        confState: confState ?? last.metadata.confState,
      };
      this.#history.push(newSnapshot(metadata, Buffer.concat([last.data, update])));
    }
  }

  #applyEntry(entry: Entry): { update: Uint8Array; confState: ConfState | undefined } {
    if (entry.type === EntryType.EntryNormal) return { update: entry.data, confState: undefined };
    const v1 = entry.type === EntryType.EntryConfChange;
    const change = v1 ? decodeConfChange(entry.data) : decodeConfChangeV2(entry.data);
    return { update: change.context, confState: this.raw.applyConfChange(change) };
  }
}
