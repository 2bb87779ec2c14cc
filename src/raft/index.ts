/** The consensus core: etcd's raft as a pure, synchronous state machine. */
export * from "../proto/codec.ts";
export * from "../proto/raftpb.ts";
export * from "./confchange/errors.ts";
export * from "./confchange/v2.ts";
export type { Config } from "./config.ts";
export { isLocalMsg, isResponseMsg } from "./consensus/messages.ts";
export * from "./describe.ts";
export * from "./errors.ts";
export { limitSize, noLimit } from "./log/size.ts";
export * from "./logger.ts";
export { MemoryStorage } from "./memorystorage.ts";
export { RawNode } from "./node/rawnode.ts";
export { isEmptyHardState, isEmptySnap, mustSync, type Ready } from "./node/ready.ts";
export type { BasicStatus, Status } from "./node/status.ts";
export { JointConfig } from "./quorum/joint.ts";
export { VoteResult } from "./quorum/quorum.ts";
export type { InitialState, Storage } from "./storage.ts";
export * from "./target.ts";
export type {
  TraceLogger,
  TracingConfChange,
  TracingEvent,
  TracingEventName,
  TracingMessage,
  TracingProperties,
} from "./tracing.ts";
export { type Progress, StateType as ProgressStateType } from "./tracker/progress.ts";
export * from "./types.ts";
