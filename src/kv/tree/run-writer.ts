import type { Address } from "../../storage/blocks/address.ts";
import type { Entry } from "../../storage/blocks/entry.ts";
import type { Unit } from "../../storage/blocks/unit.ts";
import type { UnitWriter } from "../../storage/blocks/unit-writer.ts";
import type { Keeper, Kept } from "./keeper.ts";

/** What an entry weighs beside its key and payload, where work is counted. */
const entryWork = 16;

/** Writes those entries of a sorted sequence that stay, as the units of a run. */
export class RunWriter {
  readonly #keeper: Keeper;
  readonly #writer: UnitWriter;
  readonly #units: Unit[];

  /** @param units those of the run that are written already; it goes on after them. */
  constructor(keeper: Keeper, writer: UnitWriter, units: Unit[]) {
    this.#keeper = keeper;
    this.#writer = writer;
    this.#units = units;
  }

  /** Units that are finished. */
  get units(): readonly Unit[] {
    return this.#units;
  }

  /** Blocks that no finished unit names. */
  get pending(): readonly Address[] {
    const value = this.#keeper.pendingValue;
    return value ? [...this.#writer.pending, value.address] : this.#writer.pending;
  }

  /** Returns what the entry weighs. */
  add(entry: Entry): number {
    this.#write(this.#keeper.next(entry));
    return entry.key.length + entry.payload.length + entryWork;
  }

  /** After the last entry. */
  finish(): void {
    this.#write(this.#keeper.end());
    this.#push(this.#writer.finish());
  }

  #write(kept: Kept | undefined): void {
    if (kept !== undefined) this.#push(this.#writer.add(kept.entry, kept.marks));
  }

  #push(unit: Unit | undefined): void {
    if (unit !== undefined) this.#units.push(unit);
  }
}
