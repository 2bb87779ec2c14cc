/** Asks the members of a cluster, one after another. */
import { errors } from "../../etcd/errors.ts";
import { isDiskFull } from "../../rpc/disk-full.ts";
import type { MemberRpc } from "../../rpc/messages.ts";
import type { Clock } from "../base/clock.ts";
import { ApiError } from "../base/error.ts";
import { type Attempt, type AttemptLog, patienceMs, TooOldError } from "./attempts.ts";
import type { Terms } from "./client.ts";
import type { ClusterView } from "./view.ts";

export interface MembersOptions {
  readonly view: ClusterView;
  /** A new connection to a member: one that failed is not used again. */
  readonly member: (id: number) => MemberRpc;
  readonly clock: Clock;
  /** Uniform random bytes. */
  readonly random: (length: number) => Uint8Array;
}

const retryMinMs = 20;
const retryMaxMs = 320;

/** Makes one attempt at a member, which has so many milliseconds. */
export type Ask<T> = (member: MemberRpc, timeoutMs: number) => Promise<Attempt<T>>;

export class Members {
  readonly #view: ClusterView;
  readonly #member: (id: number) => MemberRpc;
  readonly #clock: Clock;
  readonly #random: (length: number) => Uint8Array;

  constructor({ view, member, clock, random }: MembersOptions) {
    this.#view = view;
    this.#member = member;
    this.#clock = clock;
    this.#random = random;
  }

  /** A connection to one member. */
  one(id: number): MemberRpc {
    return this.#member(id);
  }

  /** Milliseconds until a request's deadline. */
  left(call: Terms): number {
    return call.deadlineMs - this.#clock.now();
  }

  /**
   * Asks one member after another, the leader first, until one answers or the deadline is over.
   * Throws a definite error at once.
   */
  async ask<T>(
    call: Terms,
    attempts: AttemptLog,
    ask: Ask<T>,
    candidates: () => readonly number[] = () => this.#view.candidates(),
  ): Promise<T> {
    let failure: ApiError | undefined;
    let whyNoLeader = ApiError.of(errors.noLeader);
    let first = 0;
    for (let round = 0; ; round += 1) {
      const asked = new Set<number>();
      let full: ApiError | undefined;
      let fullDisks = 0;
      const others = candidates().filter((id) => id !== first);
      const order = first === 0 ? others : [first, ...others];
      first = 0;
      for (const id of order) {
        asked.add(id);
        const attempt = await this.#once(id, call, attempts, ask);
        if (attempt.kind === "done") return attempt.value;
        if (attempt.kind === "lost") {
          failure = attempt.error;
          attempts.lost += 1;
          attempts.lastLost = attempt.error;
          this.#view.suspect(id);
        } else if (attempt.kind === "full") {
          full = attempt.error;
          continue;
        } else if (attempt.kind === "unfit") {
          failure = attempt.error;
          this.#view.suspect(id);
          if (attempt.disk === true) {
            fullDisks += 1;
            whyNoLeader = attempt.error;
          }
        } else if (attempt.header.leader === 0) {
          failure = whyNoLeader;
        }
        // If the disk of every member is full, nothing changes while the client waits.
        const hopeless = fullDisks > 0 && fullDisks === candidates().length;
        if (this.left(call) <= 0 || (attempts.atMostOnce && attempts.lost > 0) || hopeless) {
          const { lastLost, readOnly } = attempts;
          if (lastLost === undefined || readOnly) throw failure ?? ApiError.of(errors.timeout);
          throw new ApiError(lastLost.code, lastLost.message, lastLost.kind, true);
        }
        // Asks a leader as soon as one is known, unless any member may answer and none has
        // redirected.
        const { leader } = this.#view;
        const wanted = attempt.kind === "redirect" || candidates()[0] === leader;
        first = wanted && !asked.has(leader) ? leader : 0;
        if (first !== 0) break;
      }
      if (first !== 0) continue;
      if (full !== undefined) throw full;
      await this.pause(round, call);
    }
  }

  async #once<T>(id: number, call: Terms, attempts: AttemptLog, ask: Ask<T>): Promise<Attempt<T>> {
    const left = Math.max(0, this.left(call));
    // An attempt that is not repeated may take all the time that is left.
    const wait = attempts.atMostOnce ? left : Math.min(left, patienceMs(attempts.lost));
    try {
      const attempt = await this.bounded(ask(this.#member(id), wait), wait);
      return attempt ?? { kind: "lost", error: ApiError.of(errors.timeout) };
    } catch (error) {
      if (error instanceof ApiError || error instanceof TooOldError) throw error;
      if (isDiskFull(error)) return { kind: "lost", error: ApiError.of(errors.diskFull) };
      return { kind: "lost", error: ApiError.of(errors.timeoutConnectionLost) };
    }
  }

  /** Waits before another round: longer after each. */
  async pause(round: number, call: Terms): Promise<void> {
    const pause = Math.min(retryMinMs * 2 ** Math.min(round, 10), retryMaxMs);
    // Clients that lost a leader together should not return together.
    const [spread = 0] = this.#random(1);
    const ms = Math.max(0, Math.min(pause * (1 - spread / 512), this.left(call)));
    await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
  }

  /** The promise's value; undefined if it takes longer. */
  bounded<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => resolve(undefined));
      promise.then(resolve, reject).finally(cancel);
    });
  }
}
