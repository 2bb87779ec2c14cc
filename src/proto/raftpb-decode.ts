/**
 * Decoding of raft's messages, by hand for the same reason as the encoding. What is not such a
 * message (truncated, a field of the wrong wire type, an integer beyond 2^53 - 1, an unknown type
 * of message, entry or change) throws DecodeError; unknown fields are skipped.
 *
 * Byte fields of the result are views of the input, not copies: who goes on to write into the input
 * decodes a copy of it.
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

/** Deeper than any message of raft's: responses do not carry responses. */
const maxDepth = 8;

/** Bytes of a 64-bit integer. */
const maxVarint = 10;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** Reads one buffer; nested messages narrow `end` while they are read. */
class Reader {
  #bytes: Uint8Array = noBytes;
  at = 0;
  end = 0;
  depth = 0;

  /** Reads the whole of `bytes`. */
  readAll<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
    this.#bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.depth = 0;
    const value = read(this);
    this.#bytes = noBytes;
    return value;
  }

  /** The next varint as an unsigned, safe integer. */
  uint(): number {
    const { at } = this;
    const byte = this.#bytes[at] as number;
    if (byte >= 0x80 || at >= this.end) return this.#longUint();
    this.at = at + 1;
    return byte;
  }

  #longUint(): number {
    let value = 0;
    let scale = 1;
    for (let at = this.at; at < this.end && at < this.at + maxVarint; at++) {
      const byte = this.#bytes[at] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) {
          throw new DecodeError(`integer beyond 2^53-1: ${value}`);
        }
        this.at = at + 1;
        return value;
      }
      scale *= 0x80;
    }
    return this.#noVarint();
  }

  #noVarint(): never {
    const cut = this.end - this.at < maxVarint;
    throw new DecodeError(
      cut ? `truncated at byte ${this.end}` : `varint longer than ${maxVarint} bytes`,
    );
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** The length of what follows, which is there. */
  length(): number {
    const length = this.uint();
    if (length > this.end - this.at) {
      throw new DecodeError(`truncated: ${length} bytes needed, ${this.end - this.at} there`);
    }
    return length;
  }

  bytes(): Uint8Array {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return length === 0 ? noBytes : this.#bytes.subarray(start, this.at);
  }

  /** A message within this one. */
  nested<T>(read: (reader: Reader) => T): T {
    const length = this.length();
    const outer = this.end;
    if (++this.depth > maxDepth) throw new DecodeError(`nested deeper than ${maxDepth}`);
    this.end = this.at + length;
    const value = read(this);
    this.depth--;
    this.end = outer;
    return value;
  }

  /** Adds to `list` a repeated integer, packed or not. */
  uints(wireType: number, list: number[]): void {
    if (wireType === varint) {
      list.push(this.uint());
      return;
    }
    const stop = this.length() + this.at;
    const outer = this.end;
    this.end = stop;
    while (this.at < stop) list.push(this.uint());
    this.end = outer;
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case varint:
        this.#skipVarint();
        return;
      case fixed64:
        this.#pass(8);
        return;
      case lengthDelimited:
        this.#pass(this.length());
        return;
      case fixed32:
        this.#pass(4);
        return;
      default:
        throw new DecodeError(`wire type ${tag & 7} of field ${tag >>> 3} is not known`);
    }
  }

  #skipVarint(): void {
    const stop = Math.min(this.end, this.at + maxVarint);
    for (let at = this.at; at < stop; at++) {
      if ((this.#bytes[at] as number) >= 0x80) continue;
      this.at = at + 1;
      return;
    }
    this.#noVarint();
  }

  #pass(count: number): void {
    if (count > this.end - this.at) throw new DecodeError(`truncated at byte ${this.end}`);
    this.at += count;
  }
}

/** Skips the field of `tag`, if it is one that `known` does not name; a known one is misread. */
function skipUnknown(reader: Reader, tag: number, known: number): void {
  const field = Math.floor(tag / 8);
  if (field === 0) throw new DecodeError("field number 0");
  if (field <= known) throw new DecodeError(`wire type ${tag & 7} is wrong for field ${field}`);
  reader.skip(tag);
}

/** The next enum value, one of 0 to `highest`. */
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

/** Adds a message within this one to a list of its kind. */
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

/** One reader serves all: reading is synchronous, and reads nothing else on the way. */
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
