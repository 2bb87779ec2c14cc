/**
 * Decodes raft's messages, by hand because of the hot path. Throws DecodeError for invalid bytes
 * (truncated, a wrong wire type, an integer beyond 2^53 - 1, an unknown type of message, entry or
 * change); skips unknown fields.
 *
 * Byte fields of the result are views of the input, not copies: decode a copy of an input that will
 * be written to.
 */
import { DecodeError } from "./errors.ts";
import {
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  draftMessage,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  newConfState,
  newSnapshot,
  noBytes,
  type Snapshot,
  type SnapshotMetadata,
} from "./raftpb.ts";
import { Reader, skipUnknown } from "./reader.ts";

/** Reads an enum value from 0 to `highest`. */
function readEnum<T extends number>(reader: Reader, highest: T, what: string): T {
  const value = reader.uint();
  if (value > highest) throw new DecodeError(`unknown ${what} ${value}`);
  return value as T;
}

const { EntryConfChangeV2 } = EntryType;
const { MsgForgetLeader } = MessageType;
const { ConfChangeAddLearnerNode } = ConfChangeType;
const { ConfChangeTransitionJointExplicit } = ConfChangeTransition;

function readEntry(reader: Reader): Entry {
  let [term, index, type, data]: [number, number, EntryType, Uint8Array] = [0, 0, 0, noBytes];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x18) index = reader.uint();
    else if (tag === 0x10) term = reader.uint();
    else if (tag === 0x22) data = reader.bytes();
    else if (tag === 0x08) type = readEnum<EntryType>(reader, EntryConfChangeV2, "entry type");
    else skipUnknown(reader, tag, 4);
  }
  return { term, index, type, data };
}

function readConfState(reader: Reader): ConfState {
  const voters: number[] = [];
  const learners: number[] = [];
  const votersOutgoing: number[] = [];
  const learnersNext: number[] = [];
  let autoLeave = false;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08 || tag === 0x0a) reader.uints(tag & 7, voters);
    else if (tag === 0x10 || tag === 0x12) reader.uints(tag & 7, learners);
    else if (tag === 0x18 || tag === 0x1a) reader.uints(tag & 7, votersOutgoing);
    else if (tag === 0x20 || tag === 0x22) reader.uints(tag & 7, learnersNext);
    else if (tag === 0x28) autoLeave = reader.bool();
    else skipUnknown(reader, tag, 5);
  }
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

function readSnapshotMetadata(reader: Reader): SnapshotMetadata {
  let confState: ConfState | undefined;
  let index = 0;
  let term = 0;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) confState = reader.nested(readConfState);
    else if (tag === 0x10) index = reader.uint();
    else if (tag === 0x18) term = reader.uint();
    else skipUnknown(reader, tag, 3);
  }
  return { confState: confState ?? newConfState(), index, term };
}

function readSnapshot(reader: Reader): Snapshot {
  let data = noBytes;
  let metadata: SnapshotMetadata | undefined;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) data = reader.bytes();
    else if (tag === 0x12) metadata = reader.nested(readSnapshotMetadata);
    else skipUnknown(reader, tag, 2);
  }
  return { data, metadata: metadata ?? newSnapshot().metadata };
}

function readHardState(reader: Reader): HardState {
  let [term, vote, commit] = [0, 0, 0];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) term = reader.uint();
    else if (tag === 0x10) vote = reader.uint();
    else if (tag === 0x18) commit = reader.uint();
    else skipUnknown(reader, tag, 3);
  }
  return { term, vote, commit };
}

function readMessage(reader: Reader): Message {
  const message = draftMessage(0, 0, 0, 0);
  let entries: Entry[] | undefined;
  let responses: Message[] | undefined;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    switch (tag) {
      case 0x08:
        message.type = readEnum<MessageType>(reader, MsgForgetLeader, "message type");
        break;
      case 0x10:
        message.to = reader.uint();
        break;
      case 0x18:
        message.from = reader.uint();
        break;
      case 0x20:
        message.term = reader.uint();
        break;
      case 0x28:
        message.logTerm = reader.uint();
        break;
      case 0x30:
        message.index = reader.uint();
        break;
      case 0x3a:
        message.entries = entries = readInto(reader, entries, readEntry);
        break;
      case 0x40:
        message.commit = reader.uint();
        break;
      case 0x4a:
        message.snapshot = reader.nested(readSnapshot);
        break;
      case 0x50:
        message.reject = reader.bool();
        break;
      case 0x58:
        message.rejectHint = reader.uint();
        break;
      case 0x62:
        message.context = reader.bytes();
        break;
      case 0x68:
        message.vote = reader.uint();
        break;
      case 0x72:
        message.responses = responses = readInto(reader, responses, readMessage);
        break;
      default:
        skipUnknown(reader, tag, 14);
    }
  }
  return message;
}

/** Reads a nested message and adds it to a list. */
function readInto<T>(reader: Reader, list: T[] | undefined, read: (reader: Reader) => T): T[] {
  const value = reader.nested(read);
  if (list === undefined) return [value];
  list.push(value);
  return list;
}

function readChangeType(reader: Reader): ConfChangeType {
  return readEnum<ConfChangeType>(reader, ConfChangeAddLearnerNode, "configuration change type");
}

function readConfChange(reader: Reader): ConfChange {
  let [id, type, nodeId, context]: [number, ConfChangeType, number, Uint8Array] = [
    0,
    0,
    0,
    noBytes,
  ];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) id = reader.uint();
    else if (tag === 0x10) type = readChangeType(reader);
    else if (tag === 0x18) nodeId = reader.uint();
    else if (tag === 0x22) context = reader.bytes();
    else skipUnknown(reader, tag, 4);
  }
  return { id, type, nodeId, context };
}

function readConfChangeSingle(reader: Reader): ConfChangeSingle {
  let type: ConfChangeType = 0;
  let nodeId = 0;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) type = readChangeType(reader);
    else if (tag === 0x10) nodeId = reader.uint();
    else skipUnknown(reader, tag, 2);
  }
  return { type, nodeId };
}

function readConfChangeV2(reader: Reader): ConfChangeV2 {
  let transition: ConfChangeTransition = 0;
  let context = noBytes;
  const changes: ConfChangeSingle[] = [];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08)
      transition = readEnum<ConfChangeTransition>(
        reader,
        ConfChangeTransitionJointExplicit,
        "transition",
      );
    else if (tag === 0x12) changes.push(reader.nested(readConfChangeSingle));
    else if (tag === 0x1a) context = reader.bytes();
    else skipUnknown(reader, tag, 3);
  }
  return { transition, changes, context };
}

/** One reader for all calls: reading is synchronous and not nested. */
const reader = new Reader();

export function decodeMessage(bytes: Uint8Array): Message {
  return reader.readAll(bytes, readMessage);
}

export function decodeEntry(bytes: Uint8Array): Entry {
  return reader.readAll(bytes, readEntry);
}

export function decodeHardState(bytes: Uint8Array): HardState {
  return reader.readAll(bytes, readHardState);
}

export function decodeConfState(bytes: Uint8Array): ConfState {
  return reader.readAll(bytes, readConfState);
}

export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return reader.readAll(bytes, readSnapshot);
}

export function decodeConfChange(bytes: Uint8Array): ConfChange {
  return reader.readAll(bytes, readConfChange);
}

export function decodeConfChangeV2(bytes: Uint8Array): ConfChangeV2 {
  return reader.readAll(bytes, readConfChangeV2);
}
