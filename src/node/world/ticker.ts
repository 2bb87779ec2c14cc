import type { Alarm, TimerHandle, Timers } from "./environment.ts";
import type { Tuning } from "./tuning.ts";

interface TickerEnvironment {
  now(): number;
  readonly timers: Timers;
  readonly alarm: Alarm;
}

/** A chain whose tick is so many ticks late has been killed. */
const silentTicks = 10;

/**
 * The clock of raft: a chain of timers, one tick each. The alarm stands behind it, pushed ahead
 * while the chain runs, and starts it again whenever something has killed it (eviction, a lost
 * timer). The platform drops an alarm whose handler failed six times: so what wakes the member
 * calls `ensure`, which sets a missing one.
 *
 * As with Go's tickers, ticks keep their rhythm: one that comes late leaves the next where it was
 * due, or else what a busy thread is late would add up, and a dead leader be missed late. Those
 * that were missed are not made up for: an election timeout counts what a member saw.
 */
export class Ticker {
  readonly #environment: TickerEnvironment;
  readonly #tuning: Tuning;
  readonly #tick: () => void;
  #chain: TimerHandle | undefined;
  /** When the next tick of the chain should come. */
  #dueMs = 0;
  /** When the alarm is set for, as far as this instance knows. */
  #alarmAtMs: number | undefined;
  #asking = false;
  /** Each setting of the alarm bills a row, and each alarm that fires a request. */
  readonly counters = { alarmsSet: 0, alarmsFired: 0 };

  constructor(environment: TickerEnvironment, tuning: Tuning, tick: () => void) {
    this.#environment = environment;
    this.#tuning = tuning;
    this.#tick = tick;
  }

  get running(): boolean {
    return this.#chain !== undefined;
  }

  /** Starts the chain where it does not run or has fallen silent. Every input calls it. */
  ensure(): void {
    if (this.#chain !== undefined && this.#lateMs() < silentTicks * this.#tuning.tickMs) return;
    this.#restart();
    this.#askAlarm();
  }

  /** The alarm fired: the platform has none set now. */
  alarmFired(): void {
    this.counters.alarmsFired += 1;
    this.#alarmAtMs = undefined;
    this.#restart();
    this.#pushAlarm();
  }

  /** No tick comes any more, and no alarm. */
  stop(): void {
    this.#chain?.cancel();
    this.#chain = undefined;
    this.#alarmAtMs = undefined;
    this.#environment.alarm.clear();
  }

  #restart(): void {
    this.#chain?.cancel();
    this.#next(this.#tuning.tickMs);
  }

  #next(inMs: number): void {
    this.#dueMs = this.#environment.now() + inMs;
    this.#chain = this.#environment.timers.start(() => this.#fire(), inMs);
  }

  #lateMs(): number {
    return this.#environment.now() - this.#dueMs;
  }

  #fire(): void {
    const { tickMs } = this.#tuning;
    // First the next link of the chain: what the tick does may throw.
    this.#next(tickMs - (Math.max(this.#lateMs(), 0) % tickMs));
    this.#pushAlarm();
    this.#tick();
  }

  /**
   * Sets the alarm ahead once the old one is near. Only ever later, since an earlier one delays
   * commits; except where the clock has jumped back and left it far ahead.
   */
  #pushAlarm(): void {
    if (this.#asking) return;
    const now = this.#environment.now();
    const { alarmAheadMs, alarmRenewMs } = this.#tuning;
    const aheadMs = (this.#alarmAtMs ?? now) - now;
    if (aheadMs >= alarmRenewMs && aheadMs <= 2 * alarmAheadMs) return;
    this.counters.alarmsSet += 1;
    this.#alarmAtMs = now + alarmAheadMs;
    this.#environment.alarm.set(this.#alarmAtMs);
  }

  /** What is set is known only by asking: after a restart, or when one may have been dropped. */
  #askAlarm(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#environment.alarm.get().then(
      (atMs) => {
        this.#asking = false;
        if (this.#chain === undefined) return;
        this.#alarmAtMs = atMs;
        this.#pushAlarm();
      },
      () => {
        // Not to know is as good as to have none: it is set again.
        this.#asking = false;
        this.#alarmAtMs = undefined;
        if (this.#chain !== undefined) this.#pushAlarm();
      },
    );
  }
}
