/**
 * Encoding of raft's messages, written by hand since it is the core's hottest path: sizes first,
 * then one pass that fills an array of exactly that size. A property test holds it against the
 * generated code. Every function throws RangeError where a number is not a safe integer >= 0.
 */
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

type Bytes = Uint8Array<ArrayBuffer>;

/** Where the next byte goes. All writing is synchronous, so one cursor serves every call. */
let at = 0;

function putVarint(out: Bytes, value: number): void {
  while (value >= 0x80000000) {
    out[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value >= 0x80) {
    out[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  out[at++] = value;
}

function putUint(out: Bytes, tag: number, value: number): void {
  if (value === 0) return;
  out[at++] = tag;
  putVarint(out, value);
}

function putBytes(out: Bytes, tag: number, bytes: Uint8Array): void {
  out[at++] = tag;
  putVarint(out, bytes.length);
  out.set(bytes, at);
  at += bytes.length;
}

function putList(out: Bytes, tag: number, values: readonly number[]): void {
  for (const value of values) {
    out[at++] = tag;
    putVarint(out, value);
  }
}

function putHead(out: Bytes, tag: number, length: number): void {
  out[at++] = tag;
  putVarint(out, length);
}

function putEntry(out: Bytes, entry: Entry): void {
  putUint(out, 0x08, entry.type);
  out[at++] = 0x10;
  putVarint(out, entry.term);
  out[at++] = 0x18;
  putVarint(out, entry.index);
  if (entry.data.length > 0) putBytes(out, 0x22, entry.data);
}

function putConfState(out: Bytes, state: ConfState): void {
  putList(out, 0x08, state.voters);
  putList(out, 0x10, state.learners);
  putList(out, 0x18, state.votersOutgoing);
  putList(out, 0x20, state.learnersNext);
  if (state.autoLeave) putUint(out, 0x28, 1);
}

function putSnapshotMetadata(out: Bytes, metadata: SnapshotMetadata): void {
  putHead(out, 0x0a, confStateSize(metadata.confState));
  putConfState(out, metadata.confState);
  putUint(out, 0x10, metadata.index);
  putUint(out, 0x18, metadata.term);
}

function putSnapshot(out: Bytes, snapshot: Snapshot): void {
  if (snapshot.data.length > 0) putBytes(out, 0x0a, snapshot.data);
  putHead(out, 0x12, snapshotMetadataSize(snapshot.metadata));
  putSnapshotMetadata(out, snapshot.metadata);
}

function putHardState(out: Bytes, state: HardState): void {
  putUint(out, 0x08, state.term);
  putUint(out, 0x10, state.vote);
  putUint(out, 0x18, state.commit);
}

function putMessage(out: Bytes, message: Message): void {
  out[at++] = 0x08;
  out[at++] = message.type;
  putUint(out, 0x10, message.to);
  putUint(out, 0x18, message.from);
  putUint(out, 0x20, message.term);
  putUint(out, 0x28, message.logTerm);
  putUint(out, 0x30, message.index);
  for (const entry of message.entries) {
    putHead(out, 0x3a, entrySize(entry));
    putEntry(out, entry);
  }
  putUint(out, 0x40, message.commit);
  if (message.snapshot !== undefined) {
    putHead(out, 0x4a, snapshotSize(message.snapshot));
    putSnapshot(out, message.snapshot);
  }
  if (message.reject) putUint(out, 0x50, 1);
  putUint(out, 0x58, message.rejectHint);
  if (message.context !== undefined) putBytes(out, 0x62, message.context);
  putUint(out, 0x68, message.vote);
  for (const response of message.responses) {
    putHead(out, 0x72, messageSize(response));
    putMessage(out, response);
  }
}

function putConfChange(out: Bytes, change: ConfChange): void {
  putUint(out, 0x08, change.id);
  putUint(out, 0x10, change.type);
  putUint(out, 0x18, change.nodeId);
  if (change.context.length > 0) putBytes(out, 0x22, change.context);
}

function putConfChangeSingle(out: Bytes, change: ConfChangeSingle): void {
  out[at++] = 0x08;
  out[at++] = change.type;
  out[at++] = 0x10;
  putVarint(out, change.nodeId);
}

function putConfChangeV2(out: Bytes, change: ConfChangeV2): void {
  putUint(out, 0x08, change.transition);
  for (const single of change.changes) {
    putHead(out, 0x12, confChangeSingleSize(single));
    putConfChangeSingle(out, single);
  }
  if (change.context.length > 0) putBytes(out, 0x1a, change.context);
}

const poolSize = 65_536;
let pool = new ArrayBuffer(poolSize);
let pooled = 0;

/**
 * Room for `size` bytes. Small ones share a buffer, a piece of which is handed out once only: a
 * buffer of its own costs a message more than all the rest of its encoding.
 */
function room(size: number): Bytes {
  if (size > poolSize / 8) return new Uint8Array(size);
  if (pooled + size > poolSize) {
    pool = new ArrayBuffer(poolSize);
    pooled = 0;
  }
  const out = new Uint8Array(pool, pooled, size);
  pooled += size;
  return out;
}

function filled<T>(size: number, put: (out: Bytes, value: T) => void, value: T): Bytes {
  const out = room(size);
  at = 0;
  put(out, value);
  if (at !== size) throw new Error(`encoded ${at} bytes where ${size} were counted`);
  return out;
}

export function encodeMessage(message: Message): Bytes {
  return filled(messageSize(message), putMessage, message);
}

export function encodeEntry(entry: Entry): Bytes {
  return filled(entrySize(entry), putEntry, entry);
}

export function encodeHardState(state: HardState): Bytes {
  return filled(hardStateSize(state), putHardState, state);
}

export function encodeConfState(state: ConfState): Bytes {
  return filled(confStateSize(state), putConfState, state);
}

export function encodeSnapshot(snapshot: Snapshot): Bytes {
  return filled(snapshotSize(snapshot), putSnapshot, snapshot);
}

export function encodeConfChange(change: ConfChange): Bytes {
  return filled(confChangeSize(change), putConfChange, change);
}

export function encodeConfChangeV2(change: ConfChangeV2): Bytes {
  return filled(confChangeV2Size(change), putConfChangeV2, change);
}
