/**
 * Sizes of raft's messages on the wire.
 *
 * A field is written unless it is zero; an entry's term and index always are. etcd's Size has
 * counted so since it moved to the standard protobuf library, and raft's size limits are in these
 * bytes: a MsgApp or Ready must be cut where etcd cuts it. (One exception: in etcd the empty entry
 * in place of a refused configuration change has an explicit type, and so two bytes more.)
 *
 * Loops over entries use indexes here and on the core's other hot paths, since iterators create
 * garbage.
 */
import { varintSize } from "./put.ts";
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

/** Bytes of a field with a one-byte tag, which is omitted if 0. */
function uintFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Bytes of a one-byte tag, the length, and the content. */
function lengthDelimitedSize(length: number): number {
  return 1 + varintSize(length) + length;
}

function bytesFieldSize(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : lengthDelimitedSize(bytes.length);
}

function uintListSize(values: readonly number[]): number {
  let size = 0;
  for (const value of values) size += 1 + varintSize(value);
  return size;
}

export function entrySize(entry: Entry): number {
  return (
    (entry.type === 0 ? 0 : 2) +
    2 +
    varintSize(entry.term) +
    varintSize(entry.index) +
    bytesFieldSize(entry.data)
  );
}

export function confStateSize(state: ConfState): number {
  return (
    uintListSize(state.voters) +
    uintListSize(state.learners) +
    uintListSize(state.votersOutgoing) +
    uintListSize(state.learnersNext) +
    (state.autoLeave ? 2 : 0)
  );
}

export function snapshotMetadataSize(metadata: SnapshotMetadata): number {
  return (
    lengthDelimitedSize(confStateSize(metadata.confState)) +
    uintFieldSize(metadata.index) +
    uintFieldSize(metadata.term)
  );
}

export function snapshotSize(snapshot: Snapshot): number {
  const metadata = lengthDelimitedSize(snapshotMetadataSize(snapshot.metadata));
  return bytesFieldSize(snapshot.data) + metadata;
}

export function hardStateSize(state: HardState): number {
  return uintFieldSize(state.term) + uintFieldSize(state.vote) + uintFieldSize(state.commit);
}

export function messageSize(message: Message): number {
  let size = 2;
  size += uintFieldSize(message.to) + uintFieldSize(message.from) + uintFieldSize(message.term);
  size += uintFieldSize(message.logTerm) + uintFieldSize(message.index);
  const { entries } = message;
  for (let i = 0; i < entries.length; i++) {
    size += lengthDelimitedSize(entrySize(entries[i] as Entry));
  }
  size += uintFieldSize(message.commit) + uintFieldSize(message.vote);
  if (message.snapshot !== undefined) size += lengthDelimitedSize(snapshotSize(message.snapshot));
  if (message.reject) size += 2;
  size += uintFieldSize(message.rejectHint);
  if (message.context !== undefined) size += lengthDelimitedSize(message.context.length);
  for (const response of message.responses) size += lengthDelimitedSize(messageSize(response));
  return size;
}

export function confChangeSize(change: ConfChange): number {
  const type = uintFieldSize(change.type);
  const ids = uintFieldSize(change.id) + uintFieldSize(change.nodeId);
  return ids + type + bytesFieldSize(change.context);
}

export function confChangeSingleSize(change: ConfChangeSingle): number {
  return 2 + 1 + varintSize(change.nodeId);
}

export function confChangeV2Size(change: ConfChangeV2): number {
  let size = uintFieldSize(change.transition) + bytesFieldSize(change.context);
  for (const single of change.changes) size += lengthDelimitedSize(confChangeSingleSize(single));
  return size;
}
