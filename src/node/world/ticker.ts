import type { Alarm, TimerHandle, Timers } from "./environment.ts";
import type { Tuning } from "./tuning.ts";

interface TickerEnvironment {
  now(): number;
  readonly timers: Timers;
  readonly alarm: Alarm;
}

/** Ticks of delay after which a chain of timers counts as lost. */
const silentTicks = 10;
/** A ticker that was woken sets its alarm only after so many: most wakings are over before. */
const ticksBeforeAlarm = 150;

/**
 * Raft's clock: a chain of timers, one a tick. An alarm, pushed ahead while the chain runs,
 * restarts it after eviction or a lost timer. The platform drops an alarm whose handler failed six
 * times, so every input calls `ensure`, which sets a missing one.
 *
 * Ticks keep their rhythm, as with Go's tickers: after a late tick the next comes when it was due,
 * or a busy thread's delays would add up and a dead leader be noticed late. Missed ticks are not
 * repeated: an election timeout counts ticks that the member saw.
 */
export class Ticker {
  readonly #environment: TickerEnvironment;
  readonly #tuning: Tuning;
  readonly #tick: () => void;
  #chain: TimerHandle | undefined;
  /** When the next tick is due. */
  #dueMs = 0;
  /** When the alarm is set for, as far as known. */
  #alarmAtMs: number | undefined;
  #asking = false;
  #resting = false;
  #ticksToAlarm = 0;
  /** Each setting of the alarm is billed as a row, each firing as a request. */
  readonly counters = { alarmsSet: 0, alarmsFired: 0 };

  constructor(environment: TickerEnvironment, tuning: Tuning, tick: () => void) {
    this.#environment = environment;
    this.#tuning = tuning;
    this.#tick = tick;
  }

  get running(): boolean {
    return this.#chain !== undefined;
  }

  /** Whether no tick comes, whatever asks for one, until `wake`. */
  get resting(): boolean {
    return this.#resting;
  }

  /** Starts the chain if it does not run or has stopped. Called by every input. */
  ensure(): void {
    if (this.#resting) return;
    if (this.#chain !== undefined && this.#lateMs() < silentTicks * this.#tuning.tickMs) return;
    this.#restart();
    this.#askAlarm();
  }

  /** Called when the alarm fired, after which the platform has none set. */
  alarmFired(): void {
    this.counters.alarmsFired += 1;
    this.#alarmAtMs = undefined;
    if (this.#resting) return;
    this.#restart();
    this.#pushAlarm();
  }

  /** No tick comes until `wake`. An alarm that is set stays. */
  rest(): void {
    this.#chain?.cancel();
    this.#chain = undefined;
    this.#resting = true;
  }

  wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#ticksToAlarm = ticksBeforeAlarm;
    this.#restart();
  }

  /** Sets the alarm for this time, where none is set that comes sooner. */
  alarmBy(atMs: number): void {
    if (this.#alarmAtMs !== undefined && this.#alarmAtMs <= atMs) return;
    this.counters.alarmsSet += 1;
    this.#alarmAtMs = atMs;
    this.#environment.alarm.set(atMs);
  }

  /** Stops ticks and the alarm. */
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
    // Sets the next timer first, since the tick may throw.
    this.#next(tickMs - (Math.max(this.#lateMs(), 0) % tickMs));
    if (this.#ticksToAlarm > 0) this.#ticksToAlarm -= 1;
    this.#pushAlarm();
    this.#tick();
  }

  /**
   * Sets the alarm ahead when it comes near. Only ever later, since an earlier alarm delays
   * commits; except after the clock jumped back and left the alarm far ahead.
   */
  #pushAlarm(): void {
    if (this.#asking || this.#ticksToAlarm > 0) return;
    const now = this.#environment.now();
    const { alarmAheadMs, alarmRenewMs } = this.#tuning;
    const aheadMs = (this.#alarmAtMs ?? now) - now;
    if (aheadMs >= alarmRenewMs && aheadMs <= 2 * alarmAheadMs) return;
    this.counters.alarmsSet += 1;
    this.#alarmAtMs = now + alarmAheadMs;
    this.#environment.alarm.set(this.#alarmAtMs);
  }

  /** Asks the platform for its alarm: after a restart, or when it may have been dropped. */
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
        // An unknown alarm is treated as a missing one, and set.
        this.#asking = false;
        this.#alarmAtMs = undefined;
        if (this.#chain !== undefined) this.#pushAlarm();
      },
    );
  }
}
