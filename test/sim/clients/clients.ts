import type { Health } from "../check/liveness.ts";
import { type WatchedLog, WatchLog } from "../check/watch.ts";
import type { Cluster } from "../cluster.ts";
import type { Profile } from "../profiles.ts";
import type { World } from "../world/world.ts";
import { Compactor } from "./compactor.ts";
import { History } from "./history.ts";
import { Leaseholder } from "./leaseholder.ts";
import { ReaderWriter } from "./reader-writer.ts";
import { Watcher } from "./watcher.ts";

/** All clients of a run. */
export class Clients {
  readonly history = new History();
  readonly watchLogs: WatchedLog[] = [];
  readonly #readerWriters: ReaderWriter[];
  readonly #leaseholders: Leaseholder[];
  readonly #compactors: Compactor[];

  constructor(world: World, cluster: Cluster, profile: Profile) {
    const members = (): readonly number[] => cluster.memberIds;
    this.#readerWriters = cluster.clientPlaces.flatMap((place) =>
      Array.from(
        { length: profile.workload.lanes },
        (_, lane) => new ReaderWriter(world, place, lane, members, this.history, profile.workload),
      ),
    );
    this.#leaseholders = Array.from(
      { length: profile.leaseholders },
      (_, i) => new Leaseholder(world, `l${i + 1}`, members),
    );
    this.#compactors =
      profile.compactEveryUs === 0
        ? []
        : [new Compactor(world, "k1", members, profile.compactEveryUs)];
    for (let i = 0; i < profile.watchers; i++) {
      // The first two watch everything, so that each can be held against the other.
      const prefix = i < 2 ? "" : `f${i % profile.workload.families}/`;
      const log = new WatchLog((key) => this.#deleted(key));
      const name = `w${i + 1}`;
      new Watcher(world, name, members, { prefix }, log);
      const watches = (key: string): boolean => key.startsWith(prefix);
      this.watchLogs.push({ name, log, watches, watchesAll: prefix === "" });
    }
  }

  stop(): void {
    for (const client of [...this.#readerWriters, ...this.#leaseholders, ...this.#compactors])
      client.stop();
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
