import type { MemberEnvironment, SocketReceiver } from "./environment.ts";

/**
 * The same world, in which everything that calls back (timers, sockets) does so in a turn of the
 * member: whoever is given it need not think of turns.
 */
export function turnEnvironment(
  environment: MemberEnvironment,
  turn: (input: () => void) => void,
): MemberEnvironment {
  const { timers, peers } = environment;
  return {
    sql: environment.sql,
    alarm: environment.alarm,
    random: environment.random,
    log: environment.log,
    now: () => environment.now(),
    sync: () => environment.sync(),
    abort: (reason) => environment.abort(reason),
    timers: { start: (callback, delayMs) => timers.start(() => turn(callback), delayMs) },
    peers: {
      dial: (peer, receiver) => peers.dial(peer, inTurns(receiver, turn)),
      call: (peer, method, body, hint) => peers.call(peer, method, body, hint),
    },
  };
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
