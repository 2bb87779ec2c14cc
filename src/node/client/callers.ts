import { errors, KvError } from "../../etcd/errors.ts";
import type { Caller } from "../../kv/auth/authority.ts";
import { tokenIndex } from "../../kv/auth/token-table.ts";
import type { StateMachine } from "../../kv/state-machine.ts";
import { concat } from "../../proto/bytes.ts";
import { Query, Request } from "../../proto/generated/kv.ts";
import { type Reason, readTimedOut, refused } from "../../rpc/answers.ts";
import { tokenRequired } from "../../rpc/messages.ts";

/** A request that waits until this member knows its token. */
interface UnknownCaller {
  readonly token: string;
  readonly deadlineTick: number;
  /** Bytes of the waiting request. */
  readonly bytes: number;
  known(caller: Caller): void;
  failed(reason: Reason): void;
}

/** Bounds of waiting requests and of their bytes: beyond them a token counts as unknown. */
export const maxUnknown = 1_024;
export const maxUnknownBytes = 4_194_304;

/**
 * Finds the user of an etcd token. Tokens are issued through the log; a request whose token this
 * member has not applied yet waits for it.
 */
export class Callers {
  readonly #machine: StateMachine;
  readonly #now: () => number;
  #waiting: UnknownCaller[] = [];
  #bytes = 0;

  constructor(machine: StateMachine, now: () => number) {
    this.#machine = machine;
    this.#now = now;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  resolve(
    token: string,
    deadlineTick: number,
    known: (caller: Caller) => void,
    failed: (reason: Reason) => void,
    bytes = 0,
  ): void {
    const issued = tokenIndex(bare(token)) ?? 0;
    const early = this.#machine.auth.enabled && issued > this.#applied;
    const room = this.#waiting.length < maxUnknown && this.#bytes + bytes <= maxUnknownBytes;
    if (early && room) {
      this.#waiting.push({ token, deadlineTick, bytes, known, failed });
      this.#bytes += bytes;
      return;
    }
    try {
      known(this.callerOf(token));
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      failed(refused(error.kind));
    }
  }

  /** Throws KvError for a token that was never issued, or is required and missing. */
  callerOf(token: string): Caller {
    const { auth } = this.#machine;
    if (token.startsWith(tokenRequired)) {
      if (!auth.enabled) throw new KvError(errors.invalidAuthToken);
      if (bare(token) === "") throw new KvError(errors.userEmpty);
    }
    return auth.callerOf(bare(token), this.#now());
  }

  tick(now: number): void {
    if (this.#waiting.length === 0) return;
    for (const waiting of this.#all()) {
      const { token, deadlineTick, bytes, known, failed } = waiting;
      if (deadlineTick <= now) failed(readTimedOut);
      else this.resolve(token, deadlineTick, known, failed, bytes);
    }
  }

  close(reason: Reason): void {
    for (const { failed } of this.#all()) failed(reason);
  }

  #all(): readonly UnknownCaller[] {
    this.#bytes = 0;
    return this.#waiting.splice(0);
  }

  get #applied(): number {
    return this.#machine.appliedIndex;
  }
}

const bare = (token: string): string =>
  token.startsWith(tokenRequired) ? token.slice(tokenRequired.length) : token;

/**
 * The request with its user appended: concatenated protobuf messages merge. The client's bytes have
 * no user of their own: see checkProposal.
 */
export function signedRequest(request: Uint8Array, { user, authRevision }: Caller): Uint8Array {
  if (user === "") return request;
  return concat([request, Request.encode(Request.create({ user, authRevision }))]);
}

/** The query with its user appended, which overrides a user in the client's bytes. */
export function signedQuery(query: Uint8Array, { user, authRevision }: Caller): Uint8Array {
  if (user === "") return concat([query, noUser]);
  return concat([query, Query.encode(Query.create({ user, authRevision }))]);
}

/** The empty user and revision 0, encoded by hand: proto3's encoder omits them. */
const noUser = new Uint8Array([(4 << 3) | 2, 0, 5 << 3, 0]);
