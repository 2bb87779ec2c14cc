/**
 * Events of a node's transitions, with the fields of etcd's state_trace.go, against which etcd's
 * TLA+ model is checked.
 */

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

/** One transition in etcd's JSON: the event, and the state right after. Ids are decimal. */
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
  /** How many entries; for a snapshot its index, as if it were that many. */
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
