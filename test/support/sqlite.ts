import { DatabaseSync } from "node:sqlite";
import type { Sql, SqlBinding, SqlCursor, SqlRow } from "../../src/storage/sql.ts";
import { StatementCache } from "./sqlite-statements.ts";

/** Turns that may wait for their commit at once. Every one costs each page write a little. */
const inFlightBound = 8_192;

/** The limits of a Durable Object's database in production (statement, row, parameters, ...). */
const limits = {
  length: 2_000_000,
  sqlLength: 100_000,
  column: 100,
  variableNumber: 100,
  exprDepth: 100,
  compoundSelect: 5,
  likePatternLength: 50,
  attach: 0,
};

/** A host used its storage after a crash: the platform lets only the newest instance in. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/**
 * A Durable Object's SQLite database over `node:sqlite`, with its commits under the test's control.
 *
 * What is written since the last `endTurn` is the turn under way. An ended turn is in flight: its
 * writes are visible, but a crash takes them back until `durable` has confirmed it. Turns become
 * durable in order. So a simulator can let a turn end, run others, and only then decide whether its
 * commit arrived. SQLite itself commits when nothing is in flight; let that happen every few
 * thousand turns, since each turn until then adds a little to the cost of a write.
 *
 * The database outlives its hosts: after `crash` (or `restart`) the `sql` handle is a new one, and
 * the old one throws SupersededError.
 */
export class TurnDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: StatementCache;
  #handle: TurnSql;
  /** Ordinals of ended turns that are not durable, oldest first. */
  #inFlight: number[] = [];
  #lastTurn = 0;
  #durableTurn = 0;
  /** The turn up to which SQLite itself has committed: at most the durable one. */
  #committedTurn = 0;
  #dirty = false;
  #open = false;
  /** There is a savepoint after the last turn: it is made as soon as another one writes. */
  #marked = false;
  #rowsWritten = 0;

  /** @param location a file's path, or ":memory:". */
  constructor(location = ":memory:") {
    this.#database = new DatabaseSync(location, { limits, timeout: 1_000 });
    // A process that dies is not what is tested here: a crash is a rollback.
    this.#database.exec("PRAGMA journal_mode = MEMORY");
    this.#database.exec("PRAGMA synchronous = OFF");
    this.#statements = new StatementCache(this.#database);
    this.#handle = this.#newHandle();
  }

  /** The handle of the present instance. */
  get sql(): Sql {
    return this.#handle;
  }

  /** Ended turns whose commit has not arrived. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** The ordinal up to which turns are durable. */
  get durableTurn(): number {
    return this.#durableTurn;
  }

  /** Whether the turn under way has written: then the output gate is locked from here on. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /** Rows written by the platform's billing rules, all in all; a crash does not take them back. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /**
   * Ends the turn under way. Returns the ordinal that must be durable for everything written so far
   * to be so: a new one where the turn wrote, else that of the newest turn that did.
   */
  endTurn(): number {
    if (!this.#dirty) return this.#inFlight.at(-1) ?? this.#durableTurn;
    if (this.#inFlight.length >= inFlightBound) {
      throw new RangeError(`${this.#inFlight.length} turns in flight, bound ${inFlightBound}`);
    }
    this.#lastTurn += 1;
    this.#inFlight.push(this.#lastTurn);
    this.#dirty = false;
    this.#marked = false;
    return this.#lastTurn;
  }

  /** The turns up to this one are committed. Throws for one that never ended or was rolled back. */
  durable(ordinal: number): void {
    if (ordinal <= this.#durableTurn) return;
    const position = this.#inFlight.indexOf(ordinal);
    if (position < 0) {
      throw new RangeError(`turn ${ordinal} is not in flight: ${this.#inFlight.join(" ")}`);
    }
    this.#inFlight.splice(0, position + 1);
    this.#durableTurn = ordinal;
    // SQLite commits a stack of savepoints whole or not at all: wait until nothing is in flight.
    if (this.#inFlight.length === 0 && !this.#dirty) this.#commit();
  }

  /** Ends the turn under way and makes everything durable at once: a gate that never waits. */
  commit(): void {
    const ordinal = this.endTurn();
    if (ordinal > this.#durableTurn) this.durable(ordinal);
  }

  /**
   * The object dies: back to the last durable turn, tables created and dropped since included. What
   * was in flight is gone (call `durable` first for what arrives all the same).
   */
  crash(): void {
    if (this.#dirty || this.#inFlight.length > 0) {
      this.#transaction(`ROLLBACK TO ${this.#savepoint(this.#durableTurn)}`);
      this.#inFlight = [];
      this.#dirty = false;
    }
    this.#commit();
    this.#statements.forget();
    this.restart();
  }

  /** A new instance of the object takes over; nothing that was written is lost. */
  restart(): void {
    this.#handle.supersede();
    this.#handle = this.#newHandle();
  }

  /** Closes the database; what is not durable is lost. */
  close(): void {
    this.crash();
    this.#handle.supersede();
    this.#database.close();
  }

  #newHandle(): TurnSql {
    return new TurnSql(this.#statements, {
      beforeWrite: () => {
        if (this.#dirty) return;
        this.#dirty = true;
        if (this.#open && this.#marked) return;
        const turn = this.#open ? this.#lastTurn : this.#committedTurn;
        this.#transaction(`SAVEPOINT ${this.#savepoint(turn)}`);
        this.#open = true;
        this.#marked = true;
      },
      afterWrite: (rows) => {
        this.#rowsWritten += rows;
      },
    });
  }

  #commit(): void {
    if (!this.#open) return;
    this.#transaction(`RELEASE ${this.#savepoint(this.#committedTurn)}`);
    this.#open = false;
    this.#committedTurn = this.#durableTurn;
  }

  /** Names begin again with every commit, so that few statements are ever prepared. */
  #savepoint(turn: number): string {
    return `turn_${turn - this.#committedTurn}`;
  }

  #transaction(statement: string): void {
    this.#statements.control(statement);
  }
}

interface WriteHooks {
  beforeWrite(): void;
  afterWrite(rows: number): void;
}

/** One instance's handle: the shape of `ctx.storage.sql`. */
class TurnSql implements Sql {
  readonly #statements: StatementCache;
  readonly #hooks: WriteHooks;
  #superseded = false;

  constructor(statements: StatementCache, hooks: WriteHooks) {
    this.#statements = statements;
    this.#hooks = hooks;
  }

  supersede(): void {
    this.#superseded = true;
  }

  exec<T extends SqlRow = SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<T> {
    if (this.#superseded) throw new SupersededError("this instance's storage was taken over");
    return this.#statements.run<T>(query, bindings, this.#hooks);
  }

  get databaseSize(): number {
    // As the platform counts: pages that are free do not count.
    const [all, free, bytes] = ["page_count", "freelist_count", "page_size"].map((name) =>
      this.#statements.number(`PRAGMA ${name}`),
    ) as [number, number, number];
    return (all - free) * bytes;
  }
}
