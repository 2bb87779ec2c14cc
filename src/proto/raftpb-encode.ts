/**
 * Encodes raft's messages, by hand because it is the core's hottest path. A property test compares
 * it with protobufjs' code. Throws RangeError unless all numbers are safe integers of 0 or more.
 */
import {
  type Bytes,
  encoded,
  largestPooled,
  putBytes,
  putHead,
  putUint,
  putVarint,
} from "./put.ts";
import type {
  ConfChange,
  ConfChangeSingle,
  ConfChangeV2,
  ConfState,
  Entry,
  HardState,
  Message,
  Snapshot,
  SnapshotMetadata,
} from "./raftpb.ts";
import {
  confChangeSingleSize,
  confChangeSize,
  confChangeV2Size,
  confStateSize,
  entrySize,
  hardStateSize,
  messageSize,
  snapshotMetadataSize,
  snapshotSize,
} from "./raftpb-size.ts";

function putList(out: Bytes, at: number, tag: number, values: readonly number[]): number {
  for (const value of values) {
    out[at++] = tag;
    at = putVarint(out, at, value);
  }
  return at;
}

function putEntry(out: Bytes, at: number, entry: Entry): number {
  at = putUint(out, at, 0x08, entry.type);
  out[at++] = 0x10;
  at = putVarint(out, at, entry.term);
  out[at++] = 0x18;
  at = putVarint(out, at, entry.index);
  return entry.data.length > 0 ? putBytes(out, at, 0x22, entry.data) : at;
}

function putConfState(out: Bytes, at: number, state: ConfState): number {
  at = putList(out, at, 0x08, state.voters);
  at = putList(out, at, 0x10, state.learners);
  at = putList(out, at, 0x18, state.votersOutgoing);
  at = putList(out, at, 0x20, state.learnersNext);
  return state.autoLeave ? putUint(out, at, 0x28, 1) : at;
}

function putSnapshotMetadata(out: Bytes, at: number, metadata: SnapshotMetadata): number {
  at = putHead(out, at, 0x0a, confStateSize(metadata.confState));
  at = putConfState(out, at, metadata.confState);
  at = putUint(out, at, 0x10, metadata.index);
  return putUint(out, at, 0x18, metadata.term);
}

function putSnapshot(out: Bytes, at: number, snapshot: Snapshot): number {
  if (snapshot.data.length > 0) at = putBytes(out, at, 0x0a, snapshot.data);
  at = putHead(out, at, 0x12, snapshotMetadataSize(snapshot.metadata));
  return putSnapshotMetadata(out, at, snapshot.metadata);
}

function putHardState(out: Bytes, at: number, state: HardState): number {
  at = putUint(out, at, 0x08, state.term);
  at = putUint(out, at, 0x10, state.vote);
  return putUint(out, at, 0x18, state.commit);
}

function putMessage(out: Bytes, at: number, message: Message): number {
  out[at++] = 0x08;
  out[at++] = message.type;
  at = putUint(out, at, 0x10, message.to);
  at = putUint(out, at, 0x18, message.from);
  at = putUint(out, at, 0x20, message.term);
  at = putUint(out, at, 0x28, message.logTerm);
  at = putUint(out, at, 0x30, message.index);
  const { entries } = message;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry;
    at = putHead(out, at, 0x3a, entrySize(entry));
    at = putEntry(out, at, entry);
  }
  at = putUint(out, at, 0x40, message.commit);
  if (message.snapshot !== undefined) {
    at = putHead(out, at, 0x4a, snapshotSize(message.snapshot));
    at = putSnapshot(out, at, message.snapshot);
  }
  if (message.reject) at = putUint(out, at, 0x50, 1);
  at = putUint(out, at, 0x58, message.rejectHint);
  if (message.context !== undefined) at = putBytes(out, at, 0x62, message.context);
  at = putUint(out, at, 0x68, message.vote);
  const { responses } = message;
  for (let i = 0; i < responses.length; i++) {
    const response = responses[i] as Message;
    at = putHead(out, at, 0x72, messageSize(response));
    at = putMessage(out, at, response);
  }
  return at;
}

function putConfChange(out: Bytes, at: number, change: ConfChange): number {
  at = putUint(out, at, 0x08, change.id);
  at = putUint(out, at, 0x10, change.type);
  at = putUint(out, at, 0x18, change.nodeId);
  return change.context.length > 0 ? putBytes(out, at, 0x22, change.context) : at;
}

function putConfChangeSingle(out: Bytes, at: number, change: ConfChangeSingle): number {
  out[at++] = 0x08;
  out[at++] = change.type;
  out[at++] = 0x10;
  return putVarint(out, at, change.nodeId);
}

function putConfChangeV2(out: Bytes, at: number, change: ConfChangeV2): number {
  at = putUint(out, at, 0x08, change.transition);
  for (const single of change.changes) {
    at = putHead(out, at, 0x12, confChangeSingleSize(single));
    at = putConfChangeSingle(out, at, single);
  }
  return change.context.length > 0 ? putBytes(out, at, 0x1a, change.context) : at;
}

/** An upper bound for a message's numbers and tags, and for an entry's with its length. */
const messageOverhead = 128;
const entryOverhead = 32;

/** An upper bound of the message's bytes, much cheaper than the exact size. */
function messageBound(message: Message): number {
  const { entries, context, snapshot, responses } = message;
  if (snapshot !== undefined || responses.length > 0) return messageSize(message);
  let bound = messageOverhead + (context?.length ?? 0);
  for (let i = 0; i < entries.length; i++) {
    bound += entryOverhead + (entries[i] as Entry).data.length;
  }
  return bound > largestPooled ? messageSize(message) : bound;
}

export function encodeMessage(message: Message): Bytes {
  return encoded(messageBound(message), putMessage, message);
}

export function encodeEntry(entry: Entry): Bytes {
  return encoded(entrySize(entry), putEntry, entry);
}

export function encodeHardState(state: HardState): Bytes {
  return encoded(hardStateSize(state), putHardState, state);
}

export function encodeConfState(state: ConfState): Bytes {
  return encoded(confStateSize(state), putConfState, state);
}

export function encodeSnapshot(snapshot: Snapshot): Bytes {
  return encoded(snapshotSize(snapshot), putSnapshot, snapshot);
}

export function encodeConfChange(change: ConfChange): Bytes {
  return encoded(confChangeSize(change), putConfChange, change);
}

export function encodeConfChangeV2(change: ConfChangeV2): Bytes {
  return encoded(confChangeV2Size(change), putConfChangeV2, change);
}
