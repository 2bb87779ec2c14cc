import { VoteResult } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { CallResponse, Stand } from "../peers/frame-codec.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";

export interface AgreementParts {
  readonly core: Core;
  readonly raft: RaftNode;
  /** How far this member is. */
  readonly stand: () => Stand;
  /** Whether something is under way that needs time to pass. */
  readonly busy: () => boolean;
  /** All others agree but these, which were asked for long enough. */
  readonly agreed: (absent: readonly number[]) => void;
}

/** A leader sleeps without members that do not agree only after so long. */
const patienceMs = 30_000;
const firstRetryMs = 1_000;
const maxRetryMs = 8_000;
/** A sleep that is over so soon was not worth it: the next one comes later. */
const shortSleepMs = 10_000;

/** The leader's part in going to sleep: sees that all is quiet, and asks the others. */
export class Agreement {
  readonly #parts: AgreementParts;
  #sleepAfterMs: number;
  #quietTicks = 0;
  /** Term and last index at the last tick. */
  #seen = "";
  #asking = false;
  #nextTick = 0;
  #retryMs = firstRetryMs;
  /** Since which tick some member has not agreed. */
  #waitsSince: number | undefined;

  constructor(parts: AgreementParts) {
    this.#parts = parts;
    this.#sleepAfterMs = parts.core.options.tuning.sleepAfterMs;
  }

  /** The member woke from a sleep of so many milliseconds. */
  woken(asleepMs: number): void {
    const { sleepAfterMs, maxSleepAfterMs } = this.#parts.core.options.tuning;
    const soon = asleepMs >= 0 && asleepMs < shortSleepMs;
    const longerMs = Math.max(sleepAfterMs, Math.min(this.#sleepAfterMs * 2, maxSleepAfterMs));
    this.#sleepAfterMs = soon ? longerMs : sleepAfterMs;
    this.#quietTicks = 0;
    this.#nextTick = 0;
    this.#retryMs = firstRetryMs;
    this.#waitsSince = undefined;
  }

  /** Every tick of a member that is awake. */
  tick(): void {
    const { core, raft } = this.#parts;
    const { tickMs } = core.options.tuning;
    const seen = `${raft.term}/${core.storage.raft.lastIndex()}`;
    this.#quietTicks = seen === this.#seen ? this.#quietTicks + 1 : 0;
    this.#seen = seen;
    const quiet = this.#quietTicks * tickMs >= this.#sleepAfterMs;
    if (quiet && !this.#asking && core.ticks.now >= this.#nextTick && this.#mayAsk) this.#ask();
  }

  get #mayAsk(): boolean {
    const { core, raft, busy } = this.#parts;
    const last = core.storage.raft.lastIndex();
    const whole = raft.commitIndex === last && core.machine.appliedIndex === last;
    const own = core.storage.raft.term(last) === raft.term;
    return raft.role.open && whole && own && !busy();
  }

  #ask(): void {
    const { core, stand } = this.#parts;
    const asked = core.roster.others;
    const question = stand();
    const since = this.#quietTicks;
    this.#asking = true;
    core.calls.callAll(
      asked,
      "sleep",
      (answers) => {
        this.#asking = false;
        const { term, last } = stand();
        const same = term === question.term && last === question.last && this.#quietTicks >= since;
        if (this.#foundOut(question, answers)) return;
        if (!same || !this.#mayAsk || `${core.roster.others}` !== `${asked}`) return;
        this.#answered(asked.filter((id) => answers.get(id)?.refused !== ""));
      },
      { sleep: question },
    );
  }

  #answered(absent: readonly number[]): void {
    const { core, agreed } = this.#parts;
    if (absent.length === 0 || this.#waitedFor(absent)) {
      agreed(absent);
      return;
    }
    this.#nextTick = core.ticks.now + this.#retryMs / core.options.tuning.tickMs;
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
  }

  /** Whether the others are a quorum, and these had their time. */
  #waitedFor(absent: readonly number[]): boolean {
    const { core, raft } = this.#parts;
    this.#waitsSince ??= core.ticks.now;
    const waitedMs = (core.ticks.now - this.#waitsSince) * core.options.tuning.tickMs;
    const vote = raft.role.voters.voteResult((id) => !absent.includes(id));
    return vote === VoteResult.VoteWon && waitedMs >= patienceMs;
  }

  /** Whether some member has more of this term than its leader, which then is not all of itself. */
  #foundOut({ term }: Stand, answers: ReadonlyMap<number, CallResponse>): boolean {
    const { core, raft } = this.#parts;
    const present = core.storage.raft.lastIndex();
    for (const [id, { sleep }] of answers) {
      const more = sleep?.lastTerm === term && sleep.last > present && raft.term === term;
      if (!more || !raft.role.leads) continue;
      const what = `member ${id} has entries up to ${sleep.last} of term ${term}, not ${present}`;
      core.ending.damaged(`entries at the end of the log are gone: ${what}`);
      return true;
    }
    return false;
  }
}
