/**
 * Tells a listener of every transition of a node's state machine, in the events and fields of
 * etcd's state_trace.go (which its TLA+ traces are checked with). Free where nobody listens.
 */
import {
  ConfChangeType,
  type ConfChangeV2,
  type Entry,
  EntryType,
  type Message,
  MessageType,
} from "../../proto/raftpb.ts";
import { messageTypeName } from "../describe.ts";
import type { Config } from "../tracker/config.ts";
import type { Raft } from "./raft.ts";

/** Who is told. */
export interface TraceLogger {
  traceEvent(event: TracingEvent): void;
}

export type TracingEventName =
  | "InitState"
  | "BecomeCandidate"
  | "BecomeFollower"
  | "BecomeLeader"
  | "Commit"
  | "Replicate"
  | "ChangeConf"
  | "ApplyConfChange"
  | "Ready"
  | "SendAppendEntriesRequest"
  | "ReceiveAppendEntriesRequest"
  | "SendAppendEntriesResponse"
  | "ReceiveAppendEntriesResponse"
  | "SendRequestVoteRequest"
  | "ReceiveRequestVoteRequest"
  | "SendRequestVoteResponse"
  | "ReceiveRequestVoteResponse"
  | "SendSnapshot"
  | "ReceiveSnapshot";

/** One transition, in etcd's JSON: what happened, and the state right after. Ids are decimal. */
export interface TracingEvent {
  readonly name: TracingEventName;
  readonly nid: string;
  readonly state: { readonly term: number; readonly vote: string; readonly commit: number };
  readonly role: string;
  /** The log's last index. */
  readonly log: number;
  /** The incoming and the outgoing voters. */
  readonly conf: readonly [readonly string[], readonly string[]];
  readonly msg?: TracingMessage;
  readonly prop?: TracingProperties;
}

export interface TracingMessage {
  readonly type: string;
  readonly term: number;
  readonly from: string;
  readonly to: string;
  /** How many entries; for a snapshot the index, as if it were that many. */
  readonly entries: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly vote: string;
  readonly reject: boolean;
  readonly rejectHint: number;
}

export interface TracingProperties {
  readonly cc?: TracingConfChange;
  readonly match?: number;
  readonly next?: number;
}

export interface TracingConfChange {
  readonly changes?: readonly { readonly nid: string; readonly action: string }[];
  readonly newconf?: readonly string[];
}

/** Something happened that its name says all about. */
export function traceEvent(raft: Raft, name: TracingEventName): void {
  if (raft.config.traceLogger !== undefined) emit(raft, name);
}

function emit(raft: Raft, name: TracingEventName, m?: Message, prop?: TracingProperties): void {
  const { voters } = raft.tracker.config;
  const { term, vote, commit } = raft.hardState();
  raft.config.traceLogger?.traceEvent({
    name,
    nid: String(raft.id),
    state: { term, vote: String(vote), commit },
    role: raft.state,
    log: raft.log.lastIndex(),
    conf: [voters.incoming.ids.map(String), voters.outgoing.ids.map(String)],
    ...(m === undefined ? {} : { msg: tracingMessage(m) }),
    ...(prop === undefined ? {} : { prop }),
  });
}

function tracingMessage(m: Message): TracingMessage {
  const isSnapshot = m.type === MessageType.MsgSnap;
  return {
    type: messageTypeName(m.type),
    term: m.term,
    from: String(m.from),
    to: String(m.to),
    entries: isSnapshot ? (m.snapshot?.metadata.index ?? 0) : m.entries.length,
    logTerm: isSnapshot ? 0 : m.logTerm,
    index: isSnapshot ? 0 : m.index,
    commit: m.commit,
    vote: String(m.vote),
    reject: m.reject,
    rejectHint: m.rejectHint,
  };
}

/** A leader appends these. */
export function traceReplicate(raft: Raft, entries: readonly Entry[]): void {
  if (raft.config.traceLogger === undefined) return;
  for (const { type } of entries) if (type === EntryType.EntryNormal) emit(raft, "Replicate");
}

const actions = new Map<ConfChangeType, string>([
  [ConfChangeType.ConfChangeAddNode, "AddNewServer"],
  [ConfChangeType.ConfChangeRemoveNode, "RemoveServer"],
  [ConfChangeType.ConfChangeAddLearnerNode, "AddLearner"],
]);

/** A leader takes in a proposed configuration change. */
export function traceChangeConf(raft: Raft, change: ConfChangeV2): void {
  if (raft.config.traceLogger === undefined) return;
  const changes = change.changes.flatMap(({ type, nodeId }) => {
    const action = actions.get(type);
    return action === undefined ? [] : [{ nid: String(nodeId), action }];
  });
  if (changes.length > 0) emit(raft, "ChangeConf", undefined, { cc: { changes } });
}

/** A configuration is about to take effect. */
export function traceConfChange(raft: Raft, config: Config): void {
  if (raft.config.traceLogger === undefined) return;
  const newconf = config.voters.incoming.ids.map(String);
  emit(raft, "ApplyConfChange", undefined, { cc: { newconf } });
}

const sends = new Map<MessageType, TracingEventName>([
  [MessageType.MsgApp, "SendAppendEntriesRequest"],
  [MessageType.MsgHeartbeat, "SendAppendEntriesRequest"],
  [MessageType.MsgSnap, "SendAppendEntriesRequest"],
  [MessageType.MsgAppResp, "SendAppendEntriesResponse"],
  [MessageType.MsgHeartbeatResp, "SendAppendEntriesResponse"],
  [MessageType.MsgVote, "SendRequestVoteRequest"],
  [MessageType.MsgVoteResp, "SendRequestVoteResponse"],
]);

export function traceSendMessage(raft: Raft, m: Message): void {
  if (raft.config.traceLogger === undefined) return;
  const name = sends.get(m.type);
  if (name === undefined) return;
  const pr = m.type === MessageType.MsgApp ? raft.tracker.get(m.from) : undefined;
  emit(raft, name, m, pr === undefined ? {} : { match: pr.match, next: pr.next });
}

const receives = new Map<MessageType, TracingEventName>([
  [MessageType.MsgApp, "ReceiveAppendEntriesRequest"],
  [MessageType.MsgHeartbeat, "ReceiveAppendEntriesRequest"],
  [MessageType.MsgSnap, "ReceiveAppendEntriesRequest"],
  [MessageType.MsgAppResp, "ReceiveAppendEntriesResponse"],
  [MessageType.MsgHeartbeatResp, "ReceiveAppendEntriesResponse"],
  [MessageType.MsgVote, "ReceiveRequestVoteRequest"],
  [MessageType.MsgVoteResp, "ReceiveRequestVoteResponse"],
]);

export function traceReceiveMessage(raft: Raft, m: Message): void {
  if (raft.config.traceLogger === undefined) return;
  const name = receives.get(m.type);
  if (name !== undefined) emit(raft, name, m);
}
