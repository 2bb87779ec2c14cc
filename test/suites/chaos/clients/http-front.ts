import { Response as KvResponse } from "../../../../src/proto/generated/kv.ts";
import { memberHeader } from "../../e2e/seam/faults.ts";
import type { Done, Front, Outcome, Read } from "../../sim/clients/front.ts";
import type { Surroundings } from "../../sim/clients/surroundings.ts";
import type { Prng } from "../../sim/world/random.ts";
import { answeredByHeader } from "../worker/paths.ts";
import { callOfQuery, callOfRequest, type JsonCall } from "./json-methods.ts";

const pauseMs = 100;
/** Of whom it is not known which instance answered: the beginning of their names. */
export const unclear = "unclear";

/** What one attempt came to. */
type Attempt = Outcome | { readonly kind: "unreached" };

/**
 * A client of etcd's JSON API by way of the deployed front, which finds the leader and repeats what
 * got lost behind it. The client itself repeats nothing that may have arrived.
 */
export class HttpFront implements Front {
  /** The front gives every request that it gets an id of its own. */
  readonly knowsAgain = false;
  readonly seenIndex = 0;
  revision = 0;
  readonly #world: Surroundings;
  readonly #random: Prng;
  readonly #doors: readonly string[];
  /** The process that is asked, as long as it answers. */
  #door: number;

  /** @param doors URLs of the processes, each of which answers for the whole cluster. */
  constructor(world: Surroundings, name: string, doors: readonly string[]) {
    this.#world = world;
    this.#random = world.random.fork(`front/${name}`);
    this.#doors = doors;
    this.#door = this.#random.below(doors.length);
  }

  propose(request: Uint8Array, timeoutUs: number, done: Done): void {
    void this.#ask(callOfRequest(request), timeoutUs, true, {}).then(done);
  }

  query({ query, consistency, member }: Read, timeoutUs: number, done: Done): void {
    const headers: Record<string, string> = member ? { [memberHeader]: String(member) } : {};
    void this.#ask(callOfQuery(query, consistency), timeoutUs, false, headers).then(done);
  }

  async #ask(
    call: JsonCall,
    timeoutUs: number,
    writes: boolean,
    headers: Record<string, string>,
  ): Promise<Outcome> {
    const deadlineUs = this.#world.scheduler.nowUs + timeoutUs;
    for (;;) {
      const leftMs = Math.floor((deadlineUs - this.#world.scheduler.nowUs) / 1_000);
      if (leftMs <= pauseMs) return { kind: "failed", reason: "no process was reached" };
      const attempt = await this.#once(call, leftMs, writes, headers);
      if (attempt.kind !== "ok") this.#door = this.#random.below(this.#doors.length);
      if (attempt.kind !== "unreached") return attempt;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #once(
    call: JsonCall,
    timeoutMs: number,
    writes: boolean,
    headers: Record<string, string>,
  ): Promise<Attempt> {
    const lost: Attempt = writes ? { kind: "unknown" } : { kind: "failed", reason: "lost" };
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const init = { method: "POST", body: call.json, headers, signal };
      const response = await fetch(`${this.#doors[this.#door]}${call.path}`, init);
      const text = await response.text();
      if (response.status >= 500) return lost;
      if (response.status !== 200) return { kind: "failed", reason: `${response.status} ${text}` };
      return this.#answered(call, text, response.headers.get(answeredByHeader) ?? "");
    } catch (error) {
      const { name, cause } = error as { name?: string; cause?: { code?: string } };
      if (cause?.code === "ECONNREFUSED") return { kind: "unreached" };
      const broken = cause !== undefined || name === "TimeoutError" || name === "AbortError";
      if (!broken) this.#world.violation("answer", `${call.path} ${call.json}: ${error}`);
      return lost;
    }
  }

  #answered(call: JsonCall, text: string, witnesses: string): Outcome {
    const message = call.read(text);
    const bodies = Object.values(message).filter((part) => typeof part === "object");
    for (const body of bodies) {
      const { header } = (body ?? {}) as { header?: { revision: number } };
      this.revision = Math.max(this.revision, header?.revision ?? 0);
    }
    const response = KvResponse.encode(message);
    return { kind: "ok", response, by: this.#instance(message, witnesses.split(" ")) };
  }

  /**
   * Of the instances that were asked for one answer the one that gave it. Where that is not clear,
   * a name of its own, of which nothing is expected.
   */
  #instance(message: KvResponse, witnesses: readonly string[]): string {
    const { put, range, txn, deleteRange } = message;
    const member = (put ?? range ?? txn ?? deleteRange)?.header?.memberId;
    const [by, more] = witnesses.filter((name) => name.startsWith(`m${member}.`));
    if (by !== undefined && more === undefined) return by;
    return `${unclear}.${this.#world.scheduler.nowUs}.${this.#random.uint32()}`;
  }
}
