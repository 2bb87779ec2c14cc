/** Hears of every transition of a node's state machine. Source: etcd's state_trace.go. */
export interface TraceLogger {
  traceEvent(event: TracingEvent): void;
}

/** One transition: what happened, and the state right after it. Ids are decimal texts. */
export interface TracingEvent {
  readonly name: string;
}
