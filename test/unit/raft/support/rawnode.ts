import {
  type Config,
  type ConfState,
  decodeConfChange,
  decodeConfChangeV2,
  type Entry,
  EntryType,
  type Message,
  noLimit,
  RawNode,
} from "../../../../src/raft/index.ts";
import type { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { storageOf } from "./testnode.ts";

/** Node 1 on that storage, with election timeouts that are not random. */
export function nodeOf(storage: MemoryStorage, change: Partial<Config> = {}): RawNode {
  return new RawNode({
    id: 1,
    electionTick: 10,
    heartbeatTick: 1,
    storage,
    random: () => 0,
    maxSizePerMsg: noLimit,
    maxInflightMsgs: 256,
    ...change,
  });
}

/** What came out of Readys that were handled. */
export interface Handled {
  readonly messages: Message[];
  readonly applied: Entry[];
  /** After each configuration change that was applied. */
  readonly confStates: ConfState[];
}

/** Handles one Ready: stores, and applies with the configuration changes in it. */
export function handle(node: RawNode, storage: MemoryStorage): Handled {
  const ready = node.ready();
  if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
  if (ready.snapshot !== undefined) storage.applySnapshot(ready.snapshot);
  storage.append(ready.entries);
  const confStates = ready.committedEntries.flatMap((entry) => apply(node, entry));
  node.advance();
  return { messages: [...ready.messages], applied: [...ready.committedEntries], confStates };
}

function apply(node: RawNode, { type, data }: Entry): ConfState[] {
  if (type === EntryType.EntryNormal) return [];
  const isV2 = type === EntryType.EntryConfChangeV2;
  return [node.applyConfChange(isV2 ? decodeConfChangeV2(data) : decodeConfChange(data))];
}

/** Handles Readys until there are none; returns what was sent and applied. */
export function drain(node: RawNode, storage: MemoryStorage): Handled {
  const all: Handled = { messages: [], applied: [], confStates: [] };
  while (node.hasReady()) {
    const { messages, applied, confStates } = handle(node, storage);
    all.messages.push(...messages);
    all.applied.push(...applied);
    all.confStates.push(...confStates);
  }
  return all;
}

/** A node that is the only voter, and leads. */
export function singleton(change: Partial<Config> = {}) {
  const storage = storageOf({ voters: [1] });
  const node = nodeOf(storage, change);
  node.campaign();
  drain(node, storage);
  return { node, storage };
}
