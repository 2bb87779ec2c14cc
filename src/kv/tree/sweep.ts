import type { Address } from "../../storage/blocks/address.ts";
import type { BlockTable } from "../../storage/blocks/block-table.ts";
import { Index } from "../../storage/blocks/unit-index.ts";

/** Addresses that one pass looks at: what bounds its memory. */
const passBlocks = 16_384;
/** Bytes that a step is charged for one row that it removes. */
const removalBytes = 16_384;

/** What must stay: units with all they name, and blocks that no finished unit names yet. */
export interface Needed {
  readonly units: readonly Address[];
  readonly blocks: readonly Address[];
}

/**
 * Removes blocks that nothing names any more, pass after pass over the whole table, in steps. A
 * block that is written while a pass is under way, or was there already when it was to be written,
 * is spared by the table.
 */
export class Sweep {
  readonly #table: BlockTable;
  readonly #needed: () => Needed;
  readonly #passBlocks: number;
  readonly #work: Generator<number, void>;
  #done = false;

  /** @param needed asked at the beginning of each pass. */
  constructor(table: BlockTable, needed: () => Needed, blocks = passBlocks) {
    this.#table = table;
    this.#needed = needed;
    this.#passBlocks = blocks;
    this.#work = this.#sweep();
  }

  get done(): boolean {
    return this.#done;
  }

  /** Goes on for about so many bytes that are read. */
  step(bytes: number): void {
    for (let spent = 0; spent < bytes && !this.#done; ) {
      const step = this.#work.next();
      if (step.done) this.#done = true;
      else spent += step.value;
    }
  }

  /** Yields what each step weighed. */
  *#sweep(): Generator<number, void> {
    const table = this.#table;
    let after: Address | "" = "";
    for (;;) {
      const listed: readonly Address[] = table.list(after, this.#passBlocks);
      const last = listed.at(-1);
      if (last === undefined) return;
      after = last;
      table.doom(listed);
      const { units, blocks } = this.#needed();
      table.spare(blocks);
      for (const unit of new Set(units)) {
        const block = table.get(unit);
        const index = new Index(unit, block);
        table.spare([unit, ...index.values, ...index.blocks.map(({ address }) => address)]);
        yield block.length;
      }
      while (table.removeDoomed(1) > 0) yield removalBytes;
    }
  }
}
