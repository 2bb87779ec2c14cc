/** Reports every transition of a node's state machine to a listener. Free without one. */
import {
  ConfChangeType,
  type ConfChangeV2,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
} from "../../proto/raftpb.ts";
import { messageTypeName } from "../describe.ts";
import type { RaftLog } from "../log/raftlog.ts";
import type {
  TraceLogger,
  TracingEventName,
  TracingMessage,
  TracingProperties,
} from "../tracing.ts";
import type { Config } from "../tracker/config.ts";
import type { ProgressTracker } from "../tracker/tracker.ts";
import type { StateType } from "../types.ts";

/** The state in every event. */
interface Traced {
  readonly id: number;
  readonly state: StateType;
  readonly config: { readonly traceLogger?: TraceLogger | undefined };
  readonly tracker: ProgressTracker;
  readonly log: RaftLog;
  hardState(): HardState;
}

/** Reports an event without further fields. */
export function traceEvent(raft: Traced, name: TracingEventName): void {
  if (raft.config.traceLogger !== undefined) emit(raft, name);
}

function emit(raft: Traced, name: TracingEventName, m?: Message, prop?: TracingProperties): void {
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

/** Reports entries that a leader appends. */
export function traceReplicate(raft: Traced, entries: readonly Entry[]): void {
  if (raft.config.traceLogger === undefined) return;
  for (const { type } of entries) if (type === EntryType.EntryNormal) emit(raft, "Replicate");
}

const actions = new Map<ConfChangeType, string>([
  [ConfChangeType.ConfChangeAddNode, "AddNewServer"],
  [ConfChangeType.ConfChangeRemoveNode, "RemoveServer"],
  [ConfChangeType.ConfChangeAddLearnerNode, "AddLearner"],
]);

/** Reports a configuration change that a leader appends. */
export function traceChangeConf(raft: Traced, change: ConfChangeV2): void {
  if (raft.config.traceLogger === undefined) return;
  const changes = change.changes.flatMap(({ type, nodeId }) => {
    const action = actions.get(type);
    return action === undefined ? [] : [{ nid: String(nodeId), action }];
  });
  if (changes.length > 0) emit(raft, "ChangeConf", undefined, { cc: { changes } });
}

/** Reports a configuration that is about to take effect. */
export function traceConfChange(raft: Traced, config: Config): void {
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

export function traceSendMessage(raft: Traced, m: Message): void {
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

export function traceReceiveMessage(raft: Traced, m: Message): void {
  if (raft.config.traceLogger === undefined) return;
  const name = receives.get(m.type);
  if (name !== undefined) emit(raft, name, m);
}
