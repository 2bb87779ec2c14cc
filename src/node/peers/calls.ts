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

/** Calls to other members: `Peers.call`, with envelopes around what is asked and answered. */
export class PeerCalls {
  readonly #environment: TurnEnvironment;
  readonly #transport: Transport;
  readonly #ending: Ending;
  /** Each call bills a request. */
  readonly counters = { calls: 0 };

  constructor(environment: TurnEnvironment, transport: Transport, ending: Ending) {
    this.#environment = environment;
    this.#transport = transport;
    this.#ending = ending;
  }

  /** Fails where the peer cannot be reached, or another member answered. */
  call(
    peer: number,
    method: PeerMethod,
    body: CallBody,
    { done, failed }: CallReply<CallResponse>,
    locationHint?: string,
  ): void {
    const envelope = this.#transport.envelope(peer);
    const received = (bytes: Uint8Array) => {
      const response = attempted(() => responseTo(envelope, bytes), failed);
      if (response === undefined) return;
      if (response.refused === removalOf(envelope.from)) this.#ending.remove();
      done(response);
    };
    this.counters.calls += 1;
    const request = encodeCall(envelope, body);
    this.#environment.call(peer, method, request, { done: received, failed }, locationHint);
  }

  /** A call whose answer changes nothing. */
  tell(peer: number, method: PeerMethod, body: CallBody): void {
    const failed = (error: unknown) =>
      this.#environment.log.debug(`${method} to member ${peer}: ${error}`);
    this.call(peer, method, body, { done: () => undefined, failed });
  }

  /** The same question to several; `done` with the answers of those that gave one. */
  callAll(
    peers: readonly number[],
    method: PeerMethod,
    done: (answers: ReadonlyMap<number, CallResponse>) => void,
  ): void {
    const answers = new Map<number, CallResponse>();
    let open = peers.length;
    const ended = () => {
      open -= 1;
      if (open === 0) done(answers);
    };
    if (open === 0) done(answers);
    for (const peer of peers) {
      this.call(
        peer,
        method,
        {},
        {
          done: (response) => {
            answers.set(peer, response);
            ended();
          },
          failed: (error) => {
            this.#environment.log.debug(`${method} to member ${peer}: ${error}`);
            ended();
          },
        },
      );
    }
  }
}

/** Throws where the answer is of another member, or for another instance of this one. */
function responseTo(envelope: Envelope, bytes: Uint8Array): CallResponse {
  const response = decodeCallResponse(bytes);
  const { from, to, toInstance } = response.envelope;
  if (from !== envelope.to || to !== envelope.from || toInstance !== envelope.fromInstance) {
    throw new Error(`answer of member ${from} to ${to}, not of ${envelope.to} to ${envelope.from}`);
  }
  return response;
}

function attempted<T>(attempt: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return attempt();
  } catch (error) {
    failed(error);
    return undefined;
  }
}
