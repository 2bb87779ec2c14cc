import type { BasePolicy } from "../../proto/generated/base.ts";
import type { Address } from "../../storage/blocks/address.ts";
import type { BlockTable } from "../../storage/blocks/block-table.ts";
import { UnitWriter } from "../../storage/blocks/unit-writer.ts";
import { encodeValue } from "../../storage/blocks/value-block.ts";
import { valueBytesOf } from "../store/large-value.ts";
import { type HistoryEntry, type Row, rankOf } from "../store/version.ts";
import type { Run, TreeName } from "./base-manifest.ts";
import { historyEntry } from "./history-entry.ts";
import { Keeper } from "./keeper.ts";
import { leaseEntry } from "./lease-entry.ts";
import { shapeOf } from "./policy.ts";
import { RunWriter } from "./run-writer.ts";
import { type ValuePlace, versionEntry } from "./version-entry.ts";

/** A version that the base does not hold yet. */
export interface FrozenVersion extends Row {
  /** Whether the version before it hangs on a lease. */
  readonly leasedBefore: boolean;
}

/** What changed since the last freeze. It must not change while it is written. */
export interface Frozen {
  /** By key, and those of one key newest first. */
  readonly versions: Iterable<FrozenVersion>;
  /** In the order they were made. */
  readonly history: Iterable<HistoryEntry>;
}

/** Writes what was frozen as young runs, in slices: the same blocks however it is sliced. */
export class FreezeJob {
  readonly #table: BlockTable;
  readonly #inlineValueBytes: number;
  readonly #trees: Readonly<Record<TreeName, RunWriter>>;
  readonly #work: Generator<number, void>;
  #done = false;

  /** @param compaction nothing below it is read any more; 0 for none. */
  constructor(frozen: Frozen, compaction: number, policy: BasePolicy, table: BlockTable) {
    this.#table = table;
    this.#inlineValueBytes = policy.inlineValueBytes;
    const writer = (tree: TreeName) => {
      // What is older may be anywhere below.
      const keeper = new Keeper(tree, compaction, () => tree !== "history");
      const units = new UnitWriter(table, shapeOf(policy, tree === "versions"));
      return new RunWriter(keeper, units, []);
    };
    this.#trees = {
      versions: writer("versions"),
      history: writer("history"),
      leases: writer("leases"),
    };
    this.#work = this.#write(frozen);
  }

  get done(): boolean {
    return this.#done;
  }

  /** What was written, as the newest run of a tree. */
  run(tree: TreeName): Run {
    return this.#trees[tree].units;
  }

  /** Blocks that no finished unit names. */
  get pending(): readonly Address[] {
    return Object.values(this.#trees).flatMap(({ pending }) => pending);
  }

  /** Goes on for about so many bytes of what was frozen. Returns how many they were. */
  step(bytes: number): number {
    let spent = 0;
    while (spent < bytes && !this.#done) {
      const step = this.#work.next();
      if (step.done) this.#done = true;
      else spent += step.value;
    }
    return spent;
  }

  /** Yields what each entry weighed. */
  *#write({ versions, history }: Frozen): Generator<number, void> {
    let newest: FrozenVersion | undefined;
    let oldest: FrozenVersion | undefined;
    for (const version of versions) {
      if (version.key !== newest?.key) {
        this.#writeLease(newest, oldest);
        newest = version;
      }
      oldest = version;
      yield this.#writeVersion(version);
    }
    this.#writeLease(newest, oldest);
    let [revision, place] = [0, 0];
    for (const change of history) {
      place = change.revision === revision ? place + 1 : 0;
      revision = change.revision;
      yield this.#trees.history.add(historyEntry(change, place));
    }
    for (const tree of Object.values(this.#trees)) tree.finish();
  }

  #writeVersion({ kv, second }: FrozenVersion): number {
    let place: ValuePlace | undefined;
    if (kv.value.length > this.#inlineValueBytes) {
      const address = this.#table.put(encodeValue(kv.value));
      place = { address, bytes: kv.value.length };
    }
    return this.#trees.versions.add(versionEntry(kv, second, place)) + (place?.bytes ?? 0);
  }

  /** Says on which lease a key hangs now, where it hangs on one or did before all of this. */
  #writeLease(newest: FrozenVersion | undefined, oldest: FrozenVersion | undefined): void {
    if (newest === undefined || oldest === undefined) return;
    const { kv, second } = newest;
    if (kv.lease === 0n && !oldest.leasedBefore) return;
    const attached = { lease: kv.lease, valueBytes: valueBytesOf(kv) };
    const rank = rankOf(kv.modRevision, second);
    this.#trees.leases.add(leaseEntry(kv.key, rank, kv.lease === 0n ? undefined : attached));
  }
}
