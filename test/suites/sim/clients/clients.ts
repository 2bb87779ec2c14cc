import type { Health } from "../check/liveness.ts";
import { type WatchedLog, WatchLog } from "../check/watch.ts";
import { Compactor } from "./compactor.ts";
import { History } from "./history.ts";
import { Leaseholder } from "./leaseholder.ts";
import { Lister } from "./lister.ts";
import { ReaderWriter, type Workload } from "./reader-writer.ts";
import type { Surroundings, Ways } from "./surroundings.ts";
import { Watcher } from "./watcher.ts";

/** How many clients there are of each kind, and what they do. */
export interface Load {
  readonly watchers: number;
  readonly leaseholders: number;
  /** The shortest and the longest TTL of a lease, seconds. */
  readonly leaseTtls: readonly [number, number];
  /** Mean time between two compactions; 0 for none. */
  readonly compactEveryUs: number;
  readonly workload: Workload;
}

export interface ClientOptions {
  readonly world: Surroundings;
  readonly ways: Ways;
  /** Where clients are that read and write. */
  readonly places: readonly string[];
  /** The members that may be asked. */
  readonly members: () => readonly number[];
}

/** All clients of a run. */
export class Clients {
  readonly history = new History();
  readonly watchLogs: WatchedLog[] = [];
  readonly #readerWriters: ReaderWriter[];
  readonly #leaseholders: Leaseholder[];
  readonly #compactors: Compactor[];
  /** Where there are compactions. */
  readonly #listers: Lister[];

  constructor({ world, ways, places, members }: ClientOptions, load: Load) {
    const { history } = this;
    this.#readerWriters = places.flatMap((place) =>
      Array.from({ length: load.workload.lanes }, (_, lane) => {
        const name = `${place}.${lane}`;
        const front = ways.front(place, name);
        return new ReaderWriter(world, name, front, members, history, load.workload);
      }),
    );
    this.#leaseholders = Array.from({ length: load.leaseholders }, (_, i) => {
      const place = `l${i + 1}`;
      return new Leaseholder(world, place, ways.front(place, place), load.leaseTtls);
    });
    this.#compactors =
      load.compactEveryUs === 0
        ? []
        : [new Compactor(world, "k1", ways.front("k1", "k1"), load.compactEveryUs)];
    this.#listers = this.#compactors.flatMap(() =>
      ["r1", "r2"].map((name) => new Lister(world, name, ways.front(name, name))),
    );
    for (let i = 0; i < load.watchers; i++) {
      // The first two watch everything, so that each can be held against the other.
      const prefix = i < 2 ? "" : `f${i % load.workload.families}/`;
      const log = new WatchLog((key) => this.#deleted(key));
      const name = `w${i + 1}`;
      new Watcher(world, ways, name, members, { prefix }, log);
      const watches = (key: string): boolean => key.startsWith(prefix);
      this.watchLogs.push({ name, log, watches, watchesAll: prefix === "" });
    }
  }

  stop(): void {
    const others = [...this.#leaseholders, ...this.#compactors, ...this.#listers];
    for (const client of [...this.#readerWriters, ...others]) client.stop();
  }

  /** Operations without an answer. */
  get pending(): number {
    return this.#readerWriters.reduce((sum, { pending }) => sum + pending, 0);
  }

  get leases(): number {
    return this.#leaseholders.reduce((sum, { granted }) => sum + granted, 0);
  }

  get repeated(): number {
    return this.#readerWriters.reduce((sum, client) => sum + client.repeated, 0);
  }

  /** Which client has not seen yet what it must see when all is well. */
  behind(all: readonly Health[]): string | undefined {
    const revision = Math.max(...all.map(({ status }) => status?.header.revision ?? 0));
    for (const { name, log, watchesAll } of this.watchLogs) {
      if (watchesAll && log.nextRevision <= revision) {
        return `${name} is at ${log.nextRevision}, the store at ${revision}`;
      }
    }
    const overdue = this.#leaseholders.flatMap((holder) => holder.overdue(0));
    const [lease] = overdue;
    return lease === undefined ? undefined : `${lease.key} outlives its lease`;
  }

  #deleted(key: string): void {
    for (const holder of this.#leaseholders) holder.deleted(key);
  }
}
