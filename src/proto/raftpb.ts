/**
 * raft's messages and records as plain objects, with the names and numbers of etcd's raftpb.
 *
 * Indexes, terms and member ids are safe integers, which the codec asserts. Every field is always
 * present (a zero, an empty list, or undefined where absence has a meaning), so that objects of one
 * kind share one shape. Use the factories; never share a mutable one.
 */

export const EntryType = { EntryNormal: 0, EntryConfChange: 1, EntryConfChangeV2: 2 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** The value of an absent bytes field; shared, since it has nothing to change. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** A normal entry that is not in a log yet. */
export function normalEntry(data: Uint8Array): Entry {
  return { term: 0, index: 0, type: EntryType.EntryNormal, data };
}

/** An entry with the fields given; the others are zero. */
export function newEntry(fields: Partial<Entry> = {}): Entry {
  return {
    term: fields.term ?? 0,
    index: fields.index ?? 0,
    type: fields.type ?? EntryType.EntryNormal,
    data: fields.data ?? noBytes,
  };
}

export interface ConfState {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}

/** A configuration with the fields given; the others are empty. */
export function newConfState(fields: Partial<ConfState> = {}): ConfState {
  return {
    voters: fields.voters ?? [],
    learners: fields.learners ?? [],
    votersOutgoing: fields.votersOutgoing ?? [],
    learnersNext: fields.learnersNext ?? [],
    autoLeave: fields.autoLeave ?? false,
  };
}

export interface SnapshotMetadata {
  readonly confState: ConfState;
  readonly index: number;
  readonly term: number;
}

export interface Snapshot {
  readonly data: Uint8Array;
  readonly metadata: SnapshotMetadata;
}

/** A snapshot of the state at `index`, written in `term`; at index 0 it is the empty snapshot. */
export function newSnapshot(fields: Partial<SnapshotMetadata> = {}, data = noBytes): Snapshot {
  return {
    data,
    metadata: {
      confState: fields.confState ?? newConfState(),
      index: fields.index ?? 0,
      term: fields.term ?? 0,
    },
  };
}

export interface HardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

export const MessageType = {
  MsgHup: 0,
  MsgBeat: 1,
  MsgProp: 2,
  MsgApp: 3,
  MsgAppResp: 4,
  MsgVote: 5,
  MsgVoteResp: 6,
  MsgSnap: 7,
  MsgHeartbeat: 8,
  MsgHeartbeatResp: 9,
  MsgUnreachable: 10,
  MsgSnapStatus: 11,
  MsgCheckQuorum: 12,
  MsgTransferLeader: 13,
  MsgTimeoutNow: 14,
  MsgReadIndex: 15,
  MsgReadIndexResp: 16,
  MsgPreVote: 17,
  MsgPreVoteResp: 18,
  MsgStorageAppend: 19,
  MsgStorageAppendResp: 20,
  MsgStorageApply: 21,
  MsgStorageApplyResp: 22,
  MsgForgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Whether the number is a message type: they have no gaps. */
export function isMessageType(value: number): value is MessageType {
  return value >= 0 && value <= MessageType.MsgForgetLeader && Math.floor(value) === value;
}

export interface Message {
  readonly type: MessageType;
  readonly to: number;
  readonly from: number;
  readonly term: number;
  /** The term of the entry at `index`, before `entries`; see raftpb for its other uses. */
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  readonly vote: number;
  readonly snapshot: Snapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly context: Uint8Array | undefined;
  readonly responses: readonly Message[];
}

/** A message with the fields given; the others are zero, empty or undefined. */
export function newMessage(fields: Partial<Message> & Pick<Message, "type">): Message {
  return Object.assign(draftMessage(fields.type, 0, 0, 0), fields);
}

/**
 * Empty lists of entries and messages, shared by all messages without any. Not frozen, since
 * engines treat frozen arrays as another kind, and loops over both kinds as slow.
 */
export const noEntries: readonly Entry[] = [];
export const noMessages: readonly Message[] = [];

/** A message that is still being written. */
export type MessageDraft = { -readonly [Field in keyof Message]: Message[Field] };

/** A message with nothing but its address. All messages have this shape. */
export function draftMessage(
  type: MessageType,
  to: number,
  from: number,
  term: number,
): MessageDraft {
  return {
    type,
    to,
    from,
    term,
    logTerm: 0,
    index: 0,
    entries: noEntries,
    commit: 0,
    vote: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: undefined,
    responses: noMessages,
  };
}

export const ConfChangeType = {
  ConfChangeAddNode: 0,
  ConfChangeRemoveNode: 1,
  ConfChangeUpdateNode: 2,
  ConfChangeAddLearnerNode: 3,
} as const;
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType];

export const ConfChangeTransition = {
  ConfChangeTransitionAuto: 0,
  ConfChangeTransitionJointImplicit: 1,
  ConfChangeTransitionJointExplicit: 2,
} as const;
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition];

/** A single change (etcd's first form). */
export interface ConfChange {
  readonly id: number;
  readonly type: ConfChangeType;
  readonly nodeId: number;
  readonly context: Uint8Array;
}

export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  readonly nodeId: number;
}

/** Any number of changes, by joint consensus if needed (etcd's second form). */
export interface ConfChangeV2 {
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  readonly context: Uint8Array;
}

/** Either form, as it is proposed and applied. */
export type ConfChangeI = ConfChange | ConfChangeV2;
