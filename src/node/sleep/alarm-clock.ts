import type { Core } from "../core.ts";
import type { LeaseTime } from "../world/lease-time.ts";

/** Followers look so much later than the leader whether a lease has ended. */
const followerAlarmMs = 120_000;
const firstAbsentMs = 60_000;
const maxAbsentMs = 3_600_000;

/** For what a member that sleeps has its alarm set: when a lease ends, or to look for others. */
export class AlarmClock {
  readonly #core: Core;
  readonly #leaseTime: LeaseTime;
  /** Members that did not agree. */
  #absent: readonly number[] = [];
  #absentMs = firstAbsentMs;
  #atMs: number | undefined;

  constructor(core: Core, leaseTime: LeaseTime) {
    this.#core = core;
    this.#leaseTime = leaseTime;
  }

  /** Whether there is something to do by now. An alarm that comes too soon is set again. */
  get due(): boolean {
    if (this.#atMs === undefined) return false;
    if (this.#core.environment.now() >= this.#atMs) return true;
    this.#core.ticker.alarmBy(this.#atMs);
    return false;
  }

  /** Milliseconds until then, at least 1; 0 where it is not set. */
  get leftMs(): number {
    return this.#atMs === undefined ? 0 : Math.max(1, this.#atMs - this.#core.environment.now());
  }

  /** For a follower whose leader's first lease ends in so many milliseconds, or never (0). */
  follow(leaseMs: number): void {
    this.#set(leaseMs === 0 ? Number.POSITIVE_INFINITY : leaseMs + followerAlarmMs);
  }

  /** For a leader, which sleeps without these. */
  lead(absent: readonly number[]): void {
    this.#absent = absent;
    this.#absentMs = firstAbsentMs;
    this.#setAsLeader();
  }

  /**
   * A leader's alarm. True where a lease has ended; if not, absent members are called, more and
   * more seldom.
   */
  leaseEnded(wake: () => void): boolean {
    if (this.firstLeaseMs === 1) return true;
    for (const id of this.#absent) {
      this.#core.calls.call(id, "wake", {}, { done: wake, failed: () => undefined });
    }
    if (this.#absent.length > 0) this.#absentMs = Math.min(this.#absentMs * 2, maxAbsentMs);
    this.#setAsLeader();
    return false;
  }

  /** Milliseconds until a leader's first lease ends, at least 1; 0 where there is none. */
  get firstLeaseMs(): number {
    const left = this.#core.machine.leases.left(this.#leaseTime.nowMs);
    if (left.length === 0) return 0;
    return left.reduce((first, { leftMs }) => Math.max(1, Math.min(first, leftMs)), Infinity);
  }

  #setAsLeader(): void {
    const leaseMs = this.firstLeaseMs || Number.POSITIVE_INFINITY;
    const absentMs = this.#absent.length === 0 ? Number.POSITIVE_INFINITY : this.#absentMs;
    this.#set(Math.min(leaseMs, absentMs));
  }

  #set(inMs: number): void {
    const { ticker, environment } = this.#core;
    this.#atMs = inMs === Number.POSITIVE_INFINITY ? undefined : environment.now() + inMs;
    if (this.#atMs !== undefined) ticker.alarmBy(this.#atMs);
  }
}
