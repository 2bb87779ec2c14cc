// Generated from frame.proto by `npm run proto`. Do not edit.
import { field as f, Message, noBytes, noItems } from "../message.ts";

/** How far a member is. */
export interface Stand {
  /** Its term, and who leads in it as far as it knows (0: nobody). */
  readonly term: number;
  readonly lead: number;
  /** What it knows to be committed; of a member that sleeps, its whole log. */
  readonly index: number;
  readonly indexTerm: number;
  /** Of the last entry. */
  readonly last: number;
  readonly lastTerm: number;
  readonly asleep: boolean;
  /** In so many milliseconds the first lease ends; 0 where there is none. */
  readonly leaseMs: number;
}
export const Stand: Message<Stand> = new Message("Stand", [
  f("term", "term", 1, "uint64", { strict: true }),
  f("lead", "lead", 2, "uint64", { strict: true }),
  f("index", "index", 3, "uint64", { strict: true }),
  f("index_term", "indexTerm", 4, "uint64", { strict: true }),
  f("last", "last", 5, "uint64", { strict: true }),
  f("last_term", "lastTerm", 6, "uint64", { strict: true }),
  f("asleep", "asleep", 7, "bool"),
  f("lease_ms", "leaseMs", 8, "uint64", { strict: true }),
], () => ({
  term: 0,
  lead: 0,
  index: 0,
  indexTerm: 0,
  last: 0,
  lastTerm: 0,
  asleep: false,
  leaseMs: 0,
}));

export interface Fingerprints {
  readonly fingerprints: readonly Fingerprint[];
}
export const Fingerprints: Message<Fingerprints> = new Message("Fingerprints", [
  f("fingerprints", "fingerprints", 1, "message", { repeated: true, message: () => Fingerprint }),
], () => ({
  fingerprints: noItems,
}));

/** Of the state that the entries up to `index` make. */
export interface Fingerprint {
  readonly index: number;
  /** 16 bytes, big-endian. */
  readonly sum: Uint8Array;
}
export const Fingerprint: Message<Fingerprint> = new Message("Fingerprint", [
  f("index", "index", 1, "uint64", { strict: true }),
  f("sum", "sum", 2, "bytes"),
], () => ({
  index: 0,
  sum: noBytes,
}));

/**
 * The rows of a snapshot after `cursor`. The snapshot is named by index, term and the CRC-32C of
 * its manifest.
 */
export interface ChunkRequest {
  readonly index: number;
  readonly term: number;
  readonly manifestCrc: number;
  readonly cursor: Uint8Array;
  /** Only rows above this revision; 0 for all. */
  readonly aboveRevision: number;
}
export const ChunkRequest: Message<ChunkRequest> = new Message("ChunkRequest", [
  f("index", "index", 1, "uint64", { strict: true }),
  f("term", "term", 2, "uint64", { strict: true }),
  f("manifest_crc", "manifestCrc", 3, "uint32"),
  f("cursor", "cursor", 4, "bytes"),
  f("above_revision", "aboveRevision", 5, "uint64", { strict: true }),
], () => ({
  index: 0,
  term: 0,
  manifestCrc: 0,
  cursor: noBytes,
  aboveRevision: 0,
}));

/**
 * By the founder to an empty member: "I am the one who founds this cluster" (witness); by the
 * leader to a member that is to be added: "which instance are you" (join).
 */
export interface JoinRequest {
  readonly member: number;
}
export const JoinRequest: Message<JoinRequest> = new Message("JoinRequest", [
  f("member", "member", 1, "uint64", { strict: true }),
], () => ({
  member: 0,
}));

export interface JoinResponse {
  readonly instance: Uint8Array;
  /** This member's storage holds no cluster. */
  readonly empty: boolean;
  /** The newest cluster version that this member's code knows. */
  readonly version: number;
}
export const JoinResponse: Message<JoinResponse> = new Message("JoinResponse", [
  f("instance", "instance", 1, "bytes"),
  f("empty", "empty", 2, "bool"),
  f("version", "version", 3, "uint32"),
], () => ({
  instance: noBytes,
  empty: false,
  version: 0,
}));
