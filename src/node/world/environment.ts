import type { Sql } from "../../storage/sql.ts";
import type { DiskMemory } from "./disk-memory.ts";

/**
 * Everything a member touches outside its own memory. The Durable Object shell injects the
 * platform; the simulator injects a world driven by one seed. Nothing else in src/node, src/kv,
 * src/storage or src/raft may reach out.
 *
 * Gate semantics (the platform's output gate): whatever leaves through a socket, an rpc, or the
 * return of a handler after a write in the same turn is held back until that write is durable.
 * What left before the write is not held by it. A turn is the code between two awaits.
 */
export interface MemberEnvironment {
  readonly sql: Sql;
  /** Milliseconds since the epoch on this member's clock, which may jump or stand still. */
  now(): number;
  readonly timers: Timers;
  readonly alarm: Alarm;
  readonly random: Random;
  /** The SHA-256 of `bytes`: 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  readonly peers: Peers;
  /** Resolves when every write so far is durable; rejects when the commit failed. */
  sync(): Promise<void>;
  /**
   * Resets this instance: uncommitted writes are discarded, sockets close, memory is lost. Called
   * synchronously in the turn that failed; the caller must do nothing after it.
   */
  abort(reason: Error): void;
  readonly log: MemberLog;
  /** What is remembered of this member's disk beyond this instance, if anything. */
  readonly disk?: DiskMemory;
}

export interface Timers {
  /** Runs `callback` in a turn of its own after `delayMs` milliseconds. */
  start(callback: () => void, delayMs: number): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
}

/** The one alarm a Durable Object has. Times are milliseconds since the epoch. */
export interface Alarm {
  get(): Promise<number | undefined>;
  /** Only ever later while one is set: setting it earlier delays commits. */
  set(atMs: number): void;
  clear(): void;
}

export interface Random {
  /** A uniform random number n, 0 <= n < bound, bound <= 2^32. */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
}

/** Connections to other members. Each may fail, hang until its timeout, or answer late. */
export interface Peers {
  /**
   * Opens a WebSocket to a member. Frames may be sent at once; they queue until it opens. Order
   * holds on one socket, and a reset may cut off any suffix of what was sent.
   */
  dial(peer: number, receiver: SocketReceiver): PeerSocket;
  /**
   * Makes one request to a member's live instance, on a fresh stub. Rejects when it cannot be
   * reached or its handler threw. `locationHint` says where to create the object, if this is the
   * first request to it and the configuration does not say.
   */
  call(
    peer: number,
    method: PeerMethod,
    body: Uint8Array,
    locationHint?: string,
  ): Promise<Uint8Array>;
}

/**
 * readRound: a MsgHeartbeat with a context. snapshot: a MsgSnap, to the follower; snapshotChunk:
 * its rows, from the leader; snapshotStatus: its result, to the leader. witness, join: birth.
 * fingerprint: of the member's state; corrupt: the leader ends the member. wake: starts its ticker.
 * sleep: the leader asks whether all is quiet; slept: how far is it, which wakes nobody.
 */
export type PeerMethod =
  | "readRound"
  | "snapshot"
  | "snapshotChunk"
  | "snapshotStatus"
  | "witness"
  | "join"
  | "fingerprint"
  | "corrupt"
  | "wake"
  | "sleep"
  | "slept";

export interface PeerSocket {
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface SocketReceiver {
  frame(bytes: Uint8Array): void;
  closed(reason: string): void;
}

export interface MemberLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
