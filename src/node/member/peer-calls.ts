import type { Birth } from "../birth/birth.ts";
import {
  type Call,
  type CallBody,
  type CallResponse,
  type CallResponseBody,
  decodeCallResponse,
  type Envelope,
  encodeCall,
  encodeCallResponse,
} from "../peers/frame-codec.ts";
import { type Roster, refusal, removalOf } from "../peers/peers.ts";
import type { MemberEnvironment, PeerMethod } from "../world/environment.ts";

export interface PeerCallsParts {
  readonly environment: MemberEnvironment;
  readonly birth: Birth;
  roster(): Roster;
  /** The envelope of what this member says to a peer. */
  envelope(peer: number): Envelope;
  /** What the running raft node answers; a reason where there is none. */
  answer(method: PeerMethod, call: Call): CallResponseBody;
  /** Whether this member's log has no entry; a reason where it may not be asked to join. */
  joinable(): boolean | string;
  /** Why nothing may be asked that would be written down; "" where it may. */
  held(): string;
  /** The answer of a member says that this one is none any more. */
  removed(): void;
}

/** Calls between members: the two ends of `Peers.call`, with their envelopes. */
export class PeerCalls {
  readonly #parts: PeerCallsParts;
  /** Each call bills a request. */
  readonly counters = { calls: 0 };

  constructor(parts: PeerCallsParts) {
    this.#parts = parts;
  }

  /** Rejects where the peer cannot be reached, or somebody else answered. */
  async call(
    peer: number,
    method: PeerMethod,
    body: CallBody,
    locationHint?: string,
  ): Promise<CallResponse> {
    const { environment, envelope: envelopeTo } = this.#parts;
    const envelope = envelopeTo(peer);
    const request = encodeCall(envelope, body);
    this.counters.calls += 1;
    const bytes = await environment.peers.call(peer, method, request, locationHint);
    const response = decodeCallResponse(bytes);
    const { from, to, toInstance } = response.envelope;
    if (from !== peer || to !== envelope.from || toInstance !== envelope.fromInstance) {
      throw new Error(`answer of member ${from} to ${to}, not of ${peer} to ${envelope.from}`);
    }
    if (response.refused === removalOf(envelope.from)) this.#parts.removed();
    return response;
  }

  /** Shows itself to the other members, and may hear that it is none any more. */
  greet(members: readonly { readonly id: number }[]): void {
    const { roster, environment } = this.#parts;
    for (const { id } of members) {
      if (id === roster().memberId) continue;
      this.call(id, "wake", {}).catch((error: unknown) => {
        environment.log.debug(`member ${id} was not greeted: ${error}`);
      });
    }
  }

  /** The answer to a peer's call. */
  answer(method: PeerMethod, call: Call): Uint8Array {
    const body = this.#body(method, call);
    // Only now: what was asked may have given this member its instance or its cluster.
    const { cluster, memberId: from, instance: fromInstance } = this.#parts.roster();
    const { from: to, fromInstance: toInstance } = call.envelope;
    return encodeCallResponse({ cluster, from, fromInstance, to, toInstance }, body);
  }

  #body(method: PeerMethod, call: Call): CallResponseBody {
    const { birth, joinable, held, roster } = this.#parts;
    if (held() !== "") return { refused: held() };
    // What is said before a member has joined cannot be held against its configuration.
    const empty = joinable();
    if (roster().wasOf(call.envelope.cluster)) return { refused: removalOf(call.envelope.from) };
    if (method === "wake") return { join: birth.introduction(empty === true) };
    if (method === "witness") return birth.witness(call.envelope);
    if (method === "join") {
      return typeof empty === "string" ? { refused: empty } : birth.join(call.envelope, empty);
    }
    const why = refusal(roster(), call.envelope);
    return why === "" ? this.#parts.answer(method, call) : { refused: why };
  }
}
