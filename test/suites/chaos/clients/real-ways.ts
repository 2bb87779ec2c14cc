import {
  decodeAnswer,
  encodeProposeRequest,
  encodeQueryRequest,
} from "../../../../src/rpc/codec.ts";
import { type Asked, Caller, type Reach } from "../../sim/clients/caller.ts";
import type { Front } from "../../sim/clients/front.ts";
import type {
  StreamReceiver,
  Surroundings,
  WatchStream,
  Ways,
} from "../../sim/clients/surroundings.ts";
import { answeredByHeader, type ClientMethod, memberPaths } from "../worker/paths.ts";
import { HttpFront } from "./http-front.ts";
import { HttpWatch } from "./http-watch.ts";

/** A member that is silent for so long is not waited for. */
const attemptMs = 10_000;

/** Where the cluster is found. */
export interface Addresses {
  readonly members: readonly number[];
  /** URLs of all processes. */
  readonly doors: readonly string[];
  /** The URL of the process in which a member lives. */
  door(member: number): string;
}

/**
 * From clients to members by HTTP: half of them by the front, as everybody outside does, and half
 * as a front does it, so that requests are repeated under their ids from here too.
 */
export class RealWays implements Ways {
  readonly #world: Surroundings;
  readonly #addresses: Addresses;
  readonly #streams = new Set<WatchStream>();
  #fronts = 0;

  constructor(world: Surroundings, addresses: Addresses) {
    this.#world = world;
    this.#addresses = addresses;
  }

  front(place: string, name: string): Front {
    this.#fronts += 1;
    if (this.#fronts % 2 === 0) return new HttpFront(this.#world, name, this.#addresses.doors);
    const members = () => this.#addresses.members;
    return new Caller(this.#world, place, name, members, this.#reach);
  }

  watch(_place: string, member: number, receiver: StreamReceiver): WatchStream {
    const stream = new HttpWatch(this.#addresses.door(member), {
      response: (bytes) => receiver.response(bytes),
      closed: (reason) => {
        this.#streams.delete(stream);
        receiver.closed(reason);
      },
    });
    this.#streams.add(stream);
    return stream;
  }

  /** No stream goes on. */
  end(): void {
    for (const stream of this.#streams) stream.close();
  }

  readonly #reach: Reach = (_from, member, ask, settled) => {
    let by = "";
    const post = async (method: ClientMethod, body: Uint8Array) => {
      const url = `${this.#addresses.door(member)}${memberPaths.client(member, method)}`;
      const signal = AbortSignal.timeout(attemptMs);
      const response = await fetch(url, { method: "POST", body, signal });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!response.ok) throw new Error(new TextDecoder().decode(bytes));
      by = response.headers.get(answeredByHeader) ?? "";
      return decodeAnswer(bytes);
    };
    const asked: Asked = {
      propose: (request) => post("propose", encodeProposeRequest(request)),
      query: (query) => post("query", encodeQueryRequest(query)),
    };
    ask(asked).then(
      (answer) => settled({ ok: true, value: { answer, by } }),
      (error: Error) => settled({ ok: false, error }),
    );
  };
}
