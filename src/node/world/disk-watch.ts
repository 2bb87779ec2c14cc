import { errors } from "../../etcd/errors.ts";
import { isDiskFull } from "../../rpc/disk-full.ts";
import type { TurnEnvironment } from "./turn-environment.ts";

export interface DiskWatchParts {
  readonly environment: TurnEnvironment;
  /** Deletes some of what is stored and no longer needed. */
  makeRoom(): void;
  /** There is room (again). */
  recovered(): void;
}

/** What must fit, so that a member which goes on does not end with the next request. */
const trialBytes = 1_000_000;

/**
 * A member whose disk is full holds: it writes nothing, so that it is not reset, and answers what
 * it can answer from its state. Now and then it tries whether there is room, and goes on by itself.
 * A trial that fails may end the instance; DiskMemory remembers it.
 */
export class DiskWatch {
  readonly #parts: DiskWatchParts;
  #holds: boolean;

  constructor(parts: DiskWatchParts) {
    this.#parts = parts;
    this.#holds = parts.environment.disk?.doubted === true;
  }

  /** Whether nothing may be written now. */
  get holds(): boolean {
    return this.#holds;
  }

  /** For the status; "" while there is room. */
  get note(): string {
    return this.#holds && this.#parts.environment.disk?.full ? errors.diskFull.text : "";
  }

  begin(): void {
    if (this.#holds) this.#later();
  }

  /** A turn failed, and the instance ends: DiskMemory tells the next one why. */
  turnFailed(error: unknown): void {
    const { disk, now } = this.#parts.environment;
    if (isDiskFull(error)) disk?.failed(now());
  }

  #later(): void {
    const { disk, timers, now } = this.#parts.environment;
    timers.start(() => this.#try(), disk?.waitMs(now()) ?? 0);
  }

  #try(): void {
    const { environment, makeRoom } = this.#parts;
    const { disk, sql, now } = environment;
    // If this is the end, the next instance waits a while before it tries.
    disk?.failed(now());
    try {
      makeRoom();
      sql.exec("CREATE TABLE IF NOT EXISTS disk_trial (id INTEGER PRIMARY KEY, data BLOB)");
      sql.exec("INSERT OR REPLACE INTO disk_trial VALUES (1, zeroblob(?))", trialBytes);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#later();
      return;
    }
    environment.afterCommit({
      done: () => this.#succeeded(),
      failed: (error) => {
        environment.log.error(`no room on the disk: ${error}`);
        this.#later();
      },
    });
  }

  #succeeded(): void {
    const { environment, recovered } = this.#parts;
    environment.sql.exec("DELETE FROM disk_trial");
    environment.disk?.trusted();
    this.#holds = false;
    recovered();
  }
}
