import type { Sql } from "../../storage/sql.ts";
import type { DiskMemory } from "./disk-memory.ts";
import type {
  Alarm,
  MemberEnvironment,
  MemberLog,
  PeerMethod,
  PeerSocket,
  Random,
  SocketReceiver,
  Timers,
} from "./environment.ts";

/** Milliseconds until a call without an answer fails. */
const callTimeoutMs = 10_000;
/** A read round's call fails sooner, since the next heartbeat repeats it; of sleep others know. */
const shorterMs: Partial<Record<PeerMethod, number>> = {
  readRound: 2_000,
  sleep: 1_000,
  slept: 1_000,
};

/** The result of a call to a peer; each method is called in a turn. */
export interface CallReply<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The environment with every callback in a turn of the member: timers, sockets, peers' answers,
 * commits. Parts of a member need not think of turns.
 */
export class TurnEnvironment {
  readonly sql: Sql;
  readonly alarm: Alarm;
  readonly random: Random;
  readonly log: MemberLog;
  readonly timers: Timers;
  readonly disk: DiskMemory | undefined;
  /** Milliseconds since the epoch on this member's clock. */
  readonly now: () => number;
  /** 32 bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly #host: MemberEnvironment;
  readonly #turn: (input: () => void) => void;

  constructor(host: MemberEnvironment, turn: (input: () => void) => void) {
    this.#host = host;
    this.#turn = turn;
    this.sql = host.sql;
    this.alarm = host.alarm;
    this.random = host.random;
    this.log = host.log;
    this.disk = host.disk;
    this.now = () => host.now();
    this.sha256 = (bytes) => host.sha256(bytes);
    this.timers = {
      start: (callback, delayMs) => host.timers.start(() => turn(callback), delayMs),
    };
  }

  abort(reason: Error): void {
    this.#host.abort(reason);
  }

  dial(peer: number, receiver: SocketReceiver): PeerSocket {
    return this.#host.peers.dial(peer, inTurns(receiver, this.#turn));
  }

  /**
   * Makes one request to a member's live instance. The platform may let a call hang for minutes, so
   * it fails after some seconds.
   */
  call(
    peer: number,
    method: PeerMethod,
    body: Uint8Array,
    { done, failed }: CallReply<Uint8Array>,
    locationHint?: string,
  ): void {
    const timeoutMs = shorterMs[method] ?? callTimeoutMs;
    let ended = false;
    const end = (input: () => void) => {
      if (ended) return;
      ended = true;
      timer.cancel();
      this.#turn(input);
    };
    const late = () => failed(new Error(`${method}: no answer within ${timeoutMs} ms`));
    const timer = this.#host.timers.start(() => end(late), timeoutMs);
    this.#host.peers.call(peer, method, body, locationHint).then(
      (value) => end(() => done(value)),
      (error: unknown) => end(() => failed(error)),
    );
  }

  /** Calls `done` when every write so far is durable. If a commit fails, the object is reset. */
  afterCommit({ done, failed }: CallReply<void>): void {
    this.#host.sync().then(
      () => this.#turn(done),
      (error: unknown) => this.#turn(() => failed(error)),
    );
  }
}

/** A receiver with each call in a turn of its own. */
export function inTurns(
  receiver: SocketReceiver,
  turn: (input: () => void) => void,
): SocketReceiver {
  return {
    frame: (bytes) => turn(() => receiver.frame(bytes)),
    closed: (reason) => turn(() => receiver.closed(reason)),
  };
}
