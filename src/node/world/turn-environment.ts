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

/** A peer that takes longer than this to answer has not answered, milliseconds. */
const callTimeoutMs = 10_000;
/** A read round is asked again with the next heartbeat. */
const roundTimeoutMs = 2_000;

/** What became of a call to a peer; each is called in a turn. */
export interface CallReply<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The same world, in which everything that calls back does so in a turn of the member: timers,
 * sockets, answers of peers, and what waits for a write. The parts of a member need not think of
 * turns.
 */
export class TurnEnvironment {
  readonly sql: Sql;
  readonly alarm: Alarm;
  readonly random: Random;
  readonly log: MemberLog;
  readonly timers: Timers;
  readonly disk: DiskMemory | undefined;
  /** Milliseconds since the epoch on this member's own clock. */
  readonly now: () => number;
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
   * One request to the live instance of a member. The platform may keep a call hanging for minutes;
   * what waits for it must not hang with it, so that it fails after some seconds.
   */
  call(
    peer: number,
    method: PeerMethod,
    body: Uint8Array,
    { done, failed }: CallReply<Uint8Array>,
    locationHint?: string,
  ): void {
    const timeoutMs = method === "readRound" ? roundTimeoutMs : callTimeoutMs;
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

  /** Waits until every write so far is durable. Where it is not to be, the object is reset. */
  afterCommit({ done, failed }: CallReply<void>): void {
    this.#host.sync().then(
      () => this.#turn(done),
      (error: unknown) => this.#turn(() => failed(error)),
    );
  }
}

/** A receiver whose every call is a turn. */
export function inTurns(
  receiver: SocketReceiver,
  turn: (input: () => void) => void,
): SocketReceiver {
  return {
    frame: (bytes) => turn(() => receiver.frame(bytes)),
    closed: (reason) => turn(() => receiver.closed(reason)),
  };
}
