/** raft's messages and records to bytes and back; see raftpb.ts for what they are. */
export { DecodeError } from "./errors.ts";
export * from "./raftpb-decode.ts";
export * from "./raftpb-encode.ts";
export * from "./raftpb-size.ts";
