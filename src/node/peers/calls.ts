import type { Ending } from "../world/ending.ts";
import type { PeerMethod } from "../world/environment.ts";
import type { CallReply, TurnEnvironment } from "../world/turn-environment.ts";
import {
  type CallBody,
  type CallResponse,
  decodeCallResponse,
  type Envelope,
  encodeCall,
} from "./frame-codec.ts";
import { removalOf } from "./peers.ts";
import type { Transport } from "./transport.ts";

/** Calls to other members: `Peers.call` with envelopes around request and answer. */
export class PeerCalls {
  readonly #environment: TurnEnvironment;
  readonly #transport: Transport;
  readonly #ending: Ending;
  /** Each call is billed as a request. */
  readonly counters = { calls: 0 };
  #underWay = 0;

  constructor(environment: TurnEnvironment, transport: Transport, ending: Ending) {
    this.#environment = environment;
    this.#transport = transport;
    this.#ending = ending;
  }

  /** Calls that have neither been answered nor failed. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Calls a peer. Fails where it cannot be reached, or another member answers. */
  call(
    peer: number,
    method: PeerMethod,
    body: CallBody,
    { done, failed }: CallReply<CallResponse>,
    locationHint?: string,
  ): void {
    const envelope = this.#transport.envelope(peer);
    const heard = (response: CallResponse) => {
      this.#underWay -= 1;
      if (response.refused === removalOf(envelope.from)) this.#ending.remove();
      done(response);
    };
    this.counters.calls += 1;
    this.#underWay += 1;
    const read = (bytes: Uint8Array) => responseTo(envelope, bytes);
    const lost = (error: unknown) => {
      this.#underWay -= 1;
      failed(error);
    };
    const reply = { done: heard, failed: lost };
    callPeer(this.#environment, { envelope, method, body, read, locationHint }, reply);
  }

  /** Calls a peer and ignores the answer. */
  tell(peer: number, method: PeerMethod, body: CallBody): void {
    const failed = (error: unknown) =>
      this.#environment.log.debug(`${method} to member ${peer}: ${error}`);
    this.call(peer, method, body, { done: () => undefined, failed });
  }

  /** Calls several peers with one request; `done` gets the answers that came. */
  callAll(
    peers: readonly number[],
    method: PeerMethod,
    done: (answers: ReadonlyMap<number, CallResponse>) => void,
    body: CallBody = {},
  ): void {
    const ask = (peer: number, reply: CallReply<CallResponse>) =>
      this.call(peer, method, body, reply);
    askAll(peers, ask, (answers, failures) => {
      for (const [peer, error] of failures) {
        this.#environment.log.debug(`${method} to member ${peer}: ${error}`);
      }
      done(answers);
    });
  }
}

/** One call, and how its answer is read. */
interface PeerCall {
  /** The sender and receiver of the call. */
  readonly envelope: Envelope;
  readonly method: PeerMethod;
  readonly body: CallBody;
  /** Reads the answer; an exception fails the call. */
  readonly read: (bytes: Uint8Array) => CallResponse;
  readonly locationHint?: string | undefined;
}

/** Calls a peer under an envelope. `read` checks who answers. */
export function callPeer(
  environment: TurnEnvironment,
  { envelope, method, body, read, locationHint }: PeerCall,
  { done, failed }: CallReply<CallResponse>,
): void {
  const received = (bytes: Uint8Array) => {
    let response: CallResponse;
    try {
      response = read(bytes);
    } catch (error) {
      failed(error);
      return;
    }
    done(response);
  };
  const request = encodeCall(envelope, body);
  environment.call(envelope.to, method, request, { done: received, failed }, locationHint);
}

/** Asks several peers; `done` is called once each has answered or failed. */
export function askAll(
  peers: readonly number[],
  ask: (peer: number, reply: CallReply<CallResponse>) => void,
  done: (
    answers: ReadonlyMap<number, CallResponse>,
    failures: ReadonlyMap<number, unknown>,
  ) => void,
): void {
  const answers = new Map<number, CallResponse>();
  const failures = new Map<number, unknown>();
  const noted = <T>(map: Map<number, T>, peer: number) => {
    return (value: T) => {
      map.set(peer, value);
      if (answers.size + failures.size === peers.length) done(answers, failures);
    };
  };
  if (peers.length === 0) done(answers, failures);
  for (const peer of peers)
    ask(peer, { done: noted(answers, peer), failed: noted(failures, peer) });
}

/** Throws where another member answers, or for another instance of this one. */
function responseTo(envelope: Envelope, bytes: Uint8Array): CallResponse {
  const response = decodeCallResponse(bytes);
  const { from, to, toInstance } = response.envelope;
  if (from !== envelope.to || to !== envelope.from || toInstance !== envelope.fromInstance) {
    throw new Error(`answer of member ${from} to ${to}, not of ${envelope.to} to ${envelope.from}`);
  }
  return response;
}
