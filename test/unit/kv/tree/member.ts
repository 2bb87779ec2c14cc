import assert from "node:assert/strict";
import type { Manifest } from "../../../../src/kv/tree/base-manifest.ts";
import {
  decodeManifest,
  emptyManifest,
  encodeManifest,
  unitsOf,
} from "../../../../src/kv/tree/base-manifest.ts";
import { BlockBase } from "../../../../src/kv/tree/block-base.ts";
import { Sweep } from "../../../../src/kv/tree/sweep.ts";
import type { BasePolicy } from "../../../../src/proto/generated/base.ts";
import { BlockReader } from "../../../../src/storage/blocks/block-reader.ts";
import { BlockTable } from "../../../../src/storage/blocks/block-table.ts";
import { sha256 } from "../../../support/sha256.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { type Freeze, tinyPolicy } from "./life.ts";

/** After the last one it goes on with the older of the manifests that it kept. */
type Death = "crash" | "restart" | "fall back";

/** How a member goes about its work: nothing of this may be seen in what it writes. */
export interface Habit {
  readonly sliceBytes: number;
  readonly after: "go on" | "end turn" | "commit" | "sweep" | Death;
}

/** One member's base: it does what was frozen, as it likes, and dies now and then. */
export class Member {
  readonly #database = new TurnDatabase();
  readonly #habits: readonly Habit[];
  readonly #cacheBytes: number;
  readonly #policy: BasePolicy;
  #at = 0;
  #base: BlockBase;
  #sweep: Sweep | undefined;
  #deaths = 0;

  constructor(habits: readonly Habit[], cacheBytes: number, policy = tinyPolicy) {
    this.#policy = policy;
    this.#habits = habits;
    this.#cacheBytes = cacheBytes;
    this.#database.sql.exec("CREATE TABLE kept (freezes INTEGER PRIMARY KEY, data BLOB NOT NULL)");
    this.#database.commit();
    this.#base = this.#open();
  }

  get base(): BlockBase {
    return this.#base;
  }

  get database(): TurnDatabase {
    return this.#database;
  }

  get manifestBytes(): Uint8Array {
    return encodeManifest(this.#base.manifest);
  }

  get rowsWritten(): number {
    return this.#database.rowsWritten;
  }

  /** Does everything that was frozen, and the merges after it. */
  run(freezes: readonly Freeze[]): void {
    for (;;) {
      const next = freezes[this.#base.manifest.freezes];
      const done = this.#step();
      if (!done) continue;
      if (this.#base.ready) {
        if (next === undefined) break;
        this.#base.freeze(next, next.point);
      } else this.#record(this.#base.finish());
    }
    this.#database.commit();
  }

  /** Goes on with a slice, and does what the habit says. Whether nothing is left to do. */
  #step(): boolean {
    const habit = this.#habits[this.#at++ % this.#habits.length];
    if (habit === undefined) return this.#base.step(1_000_000);
    const { sliceBytes, after } = habit;
    const done = this.#base.step(sliceBytes);
    switch (after) {
      case "go on":
        break;
      case "end turn":
        this.#database.endTurn();
        break;
      case "commit":
        this.#database.commit();
        break;
      case "sweep":
        this.#sweep ??= this.#base.sweep(() => this.#kept());
        this.#sweep.step(sliceBytes);
        if (this.#sweep.done) this.#sweep = undefined;
        break;
      default:
        // Whoever dies again and again never comes to an end.
        if (this.#deaths++ > 30) break;
        this.#die(after);
        return false;
    }
    return done;
  }

  #die(death: Death): void {
    if (death === "crash") this.#database.crash();
    else this.#database.restart();
    if (death === "fall back") {
      const { sql } = this.#database;
      sql.exec("DELETE FROM kept WHERE freezes > (SELECT MIN(freezes) FROM kept)");
    }
    this.#base = this.#open();
  }

  /** Removes all that the retained manifests do not name: also what merges came to. */
  sweepAll(): void {
    const table = new BlockTable(this.#database.sql, sha256);
    const units = this.#kept()
      .flatMap(unitsOf)
      .map(({ address }) => address);
    // Passes that are shorter than the table.
    const sweep = new Sweep(table, () => ({ units, blocks: [] }), 7);
    while (!sweep.done) sweep.step(1_000);
  }

  /** Two are retained: the newest, and the one before. */
  #record(manifest: Manifest): void {
    const { sql } = this.#database;
    const data = encodeManifest(manifest);
    sql.exec("INSERT INTO kept (freezes, data) VALUES (?, ?)", manifest.freezes, data);
    sql.exec("DELETE FROM kept WHERE freezes < ?", manifest.freezes - 1);
  }

  #kept(): Manifest[] {
    const rows = this.#database.sql.exec("SELECT data FROM kept ORDER BY freezes").raw();
    return [...rows].map(([data]) => decodeManifest(new Uint8Array(data as ArrayBuffer)));
  }

  #open(): BlockBase {
    const { sql } = this.#database;
    this.#sweep = undefined;
    // Makes the table that is looked at.
    const table = new BlockTable(sql, sha256);
    const kept = this.#kept();
    for (const manifest of kept) checkWhole(table, manifest);
    const newest = kept.at(-1) ?? emptyManifest(this.#policy);
    return new BlockBase(sql, sha256, newest, this.#cacheBytes);
  }

  checkWhole(): void {
    const table = new BlockTable(this.#database.sql, sha256);
    for (const manifest of this.#kept()) checkWhole(table, manifest);
  }

  /** How many blocks there are, and how many of them the retained manifests name. */
  blocks(): { readonly stored: number; readonly named: number } {
    const table = new BlockTable(this.#database.sql, sha256);
    const reader = new BlockReader(table, 0);
    const named = new Set<string>();
    for (const { address } of this.#kept().flatMap(unitsOf)) {
      const { blocks, values } = reader.index(address);
      for (const each of [address, ...values, ...blocks.map((block) => block.address)]) {
        named.add(each);
      }
    }
    const stored = table.list("", 1_000_000);
    assert.deepEqual(
      [...named].filter((each) => !stored.includes(each)),
      [],
    );
    return { stored: stored.length, named: named.size };
  }
}

/** Every block that the manifest names is there, and is what it is named. */
function checkWhole(table: BlockTable, manifest: Manifest): void {
  const reader = new BlockReader(table, 0);
  for (const { address } of unitsOf(manifest)) {
    const { blocks, values } = reader.index(address);
    for (const named of [address, ...values, ...blocks.map((block) => block.address)]) {
      table.getVerified(named);
    }
  }
}
