/** Codec of raft's messages and records; raftpb.ts describes them. */
export { DecodeError } from "./errors.ts";
export * from "./raftpb-decode.ts";
export * from "./raftpb-encode.ts";
export * from "./raftpb-size.ts";
