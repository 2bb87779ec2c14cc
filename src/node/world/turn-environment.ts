import type { MemberEnvironment, PeerMethod, SocketReceiver } from "./environment.ts";

/** A peer that takes longer than this to answer has not answered, milliseconds. */
const callTimeoutMs = 10_000;
/** A read round is asked again with the next heartbeat. */
const roundTimeoutMs = 2_000;

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
    ...(environment.disk === undefined ? {} : { disk: environment.disk }),
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
      call: (peer, method, body, hint) =>
        withTimeout(environment, turn, method, peers.call(peer, method, body, hint)),
    },
  };
}

/** The platform may keep a call hanging for minutes; whoever waits for it must not hang with it. */
function withTimeout<T>(
  { timers }: MemberEnvironment,
  turn: (input: () => void) => void,
  method: PeerMethod,
  call: Promise<T>,
): Promise<T> {
  const timeoutMs = method === "readRound" ? roundTimeoutMs : callTimeoutMs;
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${method}: no answer within ${timeoutMs} ms`));
    const timer = timers.start(() => turn(late), timeoutMs);
    call.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
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
