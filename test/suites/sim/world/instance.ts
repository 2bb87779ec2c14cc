import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type {
  Alarm,
  MemberEnvironment,
  MemberLog,
  Peers,
  Timers,
} from "../../../../src/node/world/environment.ts";
import type { Sql, SqlBinding, SqlCursor, SqlRow } from "../../../../src/storage/sql.ts";
import { sha256 } from "../../../support/sha256.ts";
import type { TurnDatabase } from "../../../support/sqlite.ts";
import { OutputGate } from "./gate.ts";
import type { MemberObject } from "./object.ts";
import type { Prng } from "./random.ts";
import type { Scheduled } from "./scheduler.ts";
import type { SocketEnd } from "./socket.ts";
import type { TurnTaker } from "./turns.ts";

/** The instance died in the middle of a turn; what it still does is without effect. */
class DeadInstanceError extends Error {
  override readonly name = "DeadInstanceError";
}

/** A gate that stays closed longer than this resets the object (platform fact). */
const gateLimitUs = 30_000_000;

/**
 * One incarnation of a Durable Object: the code that runs, its memory, timers and output gate. The
 * environment of the member that lives in it.
 */
export class ObjectInstance implements MemberEnvironment, TurnTaker {
  readonly name: string;
  readonly object: MemberObject;
  readonly gate = new OutputGate();
  readonly sql: Sql;
  readonly timers: Timers;
  readonly alarm: Alarm;
  readonly peers: Peers;
  readonly log: MemberLog;
  readonly random: Prng;
  readonly sha256 = sha256;
  /** The version of the code that runs. */
  readonly version: number;
  database: TurnDatabase;
  /** Undefined until the constructor has returned. */
  member: MemberInputs | undefined;
  superseded = false;
  /** Requests to it that are not answered, and calls of its own. */
  requests = 0;
  calls = 0;
  /** Its ends of sockets. */
  readonly ends = new Set<SocketEnd>();
  #alive = true;
  #nowMs = 0;
  /** Dies before that many more steps were made in the turn under way. */
  #stepsToLive = Number.POSITIVE_INFINITY;
  #syncs: { needs: number; resolve: () => void; reject: (reason: Error) => void }[] = [];
  #lastCommitAtUs = 0;
  /** Commits under way, oldest first, each with the turn of the database that it confirms. */
  #whenDurable: { readonly commit: number; readonly run: () => void }[] = [];
  readonly #inFlight: { readonly commit: number; readonly turn: number }[] = [];
  #alarmTouched = false;
  #abortedBy: Error | undefined;
  #inspecting = false;
  readonly #timers = new Set<Scheduled>();
  readonly #onDeath = new Set<(reason: string) => void>();

  constructor(object: MemberObject, ordinal: number) {
    this.object = object;
    this.name = `${object.place}.${ordinal}`;
    this.version = object.version;
    this.database = object.database;
    this.random = object.world.random.fork(`instance/${this.name}`);
    this.sql = this.#sql();
    this.timers = { start: (callback, delayMs) => this.#startTimer(callback, delayMs) };
    this.alarm = this.#alarm();
    this.peers = object.world.network.peersOf(this);
    this.log = this.#log();
  }

  /** Where it is in the network: a superseded instance runs on another machine than the new one. */
  get place(): string {
    return this.superseded ? `${this.object.place}~` : this.object.place;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether the turn under way has written, so that the gate is locked. */
  get writing(): boolean {
    return this.database.dirty || this.#alarmTouched;
  }

  now(): number {
    return this.#nowMs;
  }

  sync(): Promise<void> {
    this.#step();
    const needs = this.gate.lastCommit + (this.writing ? 1 : 0);
    return new Promise((resolve, reject) => {
      this.#syncs.push({ needs, resolve, reject });
      this.#resolveSyncs();
    });
  }

  abort(reason: Error): void {
    if (!this.#alive) return;
    this.#abortedBy = reason;
    this.object.world.aborted(this, reason);
    this.object.lose(this, `abort: ${reason.message}`);
  }

  /** Whatever leaves the instance goes through here: at once, or when the gate opens. */
  leave(release: () => void): void {
    if (!this.#alive) return;
    this.#step();
    this.gate.leave(this.writing, release);
  }

  /** Runs `run` in a turn of its own, unless the instance is dead by then. */
  enter(run: () => void): void {
    if (this.#alive) this.object.world.turns.enter(this, run);
  }

  /** `run` is called when the instance dies, until the returned function was called. */
  onDeath(run: (reason: string) => void): () => void {
    this.#onDeath.add(run);
    return () => this.#onDeath.delete(run);
  }

  /**
   * `run` is called when what this turn writes is durable (or the next that does, where this one
   * writes nothing), even where this instance never hears of it.
   */
  whenDurable(run: () => void): void {
    this.#whenDurable.push({ commit: this.gate.lastCommit + 1, run });
  }

  /** `run` is called when something that leaves the instance now could be seen by others. */
  whenVisible(run: () => void): void {
    this.gate.leave(this.writing, run);
  }

  /** Dies in this or a later turn, after `steps` more uses of its environment. */
  dieAfter(steps: number): void {
    this.#stepsToLive = steps;
  }

  begin(): void {
    this.#nowMs = this.object.clock.read();
  }

  threw(error: unknown): void {
    if (error instanceof DeadInstanceError || !this.#alive) return;
    this.object.world.uncaught(this, error);
  }

  end(): void {
    if (!this.#alive) return;
    this.#inspecting = true;
    this.object.world.turnEnded(this);
    this.#inspecting = false;
    if (!this.writing) return;
    const turn = this.database.endTurn();
    const commit = this.gate.begin();
    this.#inFlight.push({ commit, turn });
    this.#alarmTouched = false;
    const { scheduler } = this.object.world;
    if (this.superseded) {
      scheduler.after(gateLimitUs, () => this.object.lose(this, "superseded"));
      return;
    }
    const atUs = Math.max(scheduler.nowUs + this.object.disk.commitUs(), this.#lastCommitAtUs);
    this.#lastCommitAtUs = atUs;
    scheduler.at(atUs, () => this.#committed(commit, turn));
    if (atUs - scheduler.nowUs <= gateLimitUs) return;
    scheduler.after(gateLimitUs, () => this.object.lose(this, "its gate was shut for 30 s"));
  }

  /** Memory is lost. The object has settled already what became of the storage. */
  die(reason: string): void {
    this.#alive = false;
    this.gate.drop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    const watchers = [...this.#onDeath];
    this.#onDeath.clear();
    for (const run of watchers) run(reason);
  }

  /**
   * The storage as it is found after a loss: the oldest `surviving` of the commits under way became
   * durable, whatever else was written is undone. Returns the newest durable commit.
   */
  settleStorage(surviving: number): number {
    const last = this.#inFlight[surviving - 1];
    if (last !== undefined) this.database.durable(last.turn);
    this.database.crash();
    const commit = last?.commit ?? this.gate.durable;
    this.#runDurable(commit);
    return commit;
  }

  #runDurable(commit: number): void {
    const due = this.#whenDurable.findIndex((entry) => entry.commit > commit);
    const runs = this.#whenDurable.splice(0, due < 0 ? this.#whenDurable.length : due);
    for (const { run } of runs) run();
  }

  get commitsInFlight(): number {
    return this.#inFlight.length;
  }

  /** Whether the platform may evict it: no timer, request, call or socket holds its object. */
  get idle(): boolean {
    const held = this.#timers.size + this.ends.size + this.requests + this.calls;
    return held === 0 && this.commitsInFlight === 0;
  }

  get abortedBy(): Error | undefined {
    return this.#abortedBy;
  }

  #committed(commit: number, turn: number): void {
    if (!this.#alive || this.superseded) return;
    if (this.object.disk.takesFailure()) {
      this.object.lose(this, "commit failed", 0);
      return;
    }
    this.#inFlight.shift();
    this.database.durable(turn);
    this.#runDurable(commit);
    this.object.alarmCommitted(commit);
    this.gate.confirm(commit);
    this.#resolveSyncs();
  }

  #resolveSyncs(): void {
    const ready = this.#syncs.filter(({ needs }) => needs <= this.gate.durable);
    if (ready.length === 0) return;
    this.#syncs = this.#syncs.filter(({ needs }) => needs > this.gate.durable);
    this.object.world.scheduler.after(0, () =>
      this.enter(() => {
        for (const { resolve } of ready) resolve();
      }),
    );
  }

  /** Every use of the environment is a place where the process may die. */
  #step(): void {
    // Checkers may look at storage between turns, and nothing happens to them.
    if (this.#inspecting) return;
    if (!this.#alive) throw new DeadInstanceError(`${this.name} is dead`);
    if (this.object.world.turns.current !== this) {
      throw new Error(`${this.name} acts outside of its turns`);
    }
    this.#stepsToLive -= 1;
    if (this.#stepsToLive >= 0) return;
    this.object.lose(this, "crash in a turn");
    throw new DeadInstanceError(`${this.name} died in this turn`);
  }

  #sql(): Sql {
    const exec = <T extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<T> => {
      this.#step();
      return this.database.sql.exec<T>(query, ...bindings);
    };
    const size = (): number => this.database.sql.databaseSize;
    return {
      exec,
      get databaseSize() {
        return size();
      },
    };
  }

  #startTimer(callback: () => void, delayMs: number): { cancel(): void } {
    this.#step();
    const timer = this.object.world.scheduler.after(delayMs * 1_000, () => {
      this.#timers.delete(timer);
      this.enter(callback);
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  #alarm(): Alarm {
    return {
      get: async () => {
        this.#step();
        return this.object.alarmAtMs;
      },
      set: (atMs) => this.#setAlarm(atMs),
      clear: () => this.#setAlarm(undefined),
    };
  }

  #setAlarm(atMs: number | undefined): void {
    this.#step();
    if (this.superseded) return;
    this.#alarmTouched = true;
    this.object.setAlarm(atMs, this.gate.lastCommit + 1);
  }

  #log(): MemberLog {
    const write = (level: string) => (message: string) => {
      if (this.#alive) this.object.world.say(this.name, `${level}: ${message}`);
    };
    return {
      debug: () => undefined,
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
  }
}
