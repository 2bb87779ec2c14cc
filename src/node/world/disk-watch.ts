import { errors } from "../../etcd/errors.ts";
import { isDiskFull } from "../../rpc/disk-full.ts";
import type { TurnEnvironment } from "./turn-environment.ts";

export interface DiskWatchParts {
  readonly environment: TurnEnvironment;
  /** Deletes some stored rows that are no longer needed. */
  makeRoom(): void;
  /** Called when the disk has room (again). */
  recovered(): void;
}

/** The bytes of a trial: enough that the next request does not fill the disk again. */
const trialBytes = 1_000_000;

/**
 * Holds a member whose disk is full: it writes nothing, so that it is not reset, and answers what
 * its state can answer. It tries now and then whether there is room, and then continues by itself.
 * A failed trial may end the instance; DiskMemory remembers it.
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

  /** Called when a turn failed and the instance ends: tells the next one why, by DiskMemory. */
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
    // If the trial ends this instance, the next one waits a while before it tries.
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
