import fc from "fast-check";
import { BlockTable } from "../../../../src/storage/blocks/block-table.ts";
import { comparePositions, type Entry } from "../../../../src/storage/blocks/entry.ts";
import type { Unit } from "../../../../src/storage/blocks/unit.ts";
import { type Marks, type Shape, UnitWriter } from "../../../../src/storage/blocks/unit-writer.ts";
import { sha256 } from "../../../support/sha256.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";

export const noMarks: Marks = { change: 0, value: undefined, superseded: 0, deleted: 0 };

export const tinyShape: Shape = {
  partBytes: 64,
  blockBytes: 300,
  unitBlocks: 3,
  filterBitsPerKey: 10,
};

export function tableOn(database: TurnDatabase = new TurnDatabase()): BlockTable {
  return new BlockTable(database.sql, sha256);
}

/** Keys that share beginnings, some of which are longer than what records keep of them. */
export const key: fc.Arbitrary<Uint8Array> = fc
  .record({
    long: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.constantFrom(127, 128, 129, 150)),
    rest: fc.uint8Array({ max: 3, maxLength: 4 }),
  })
  .map(({ long, rest }) => Uint8Array.from([...new Array<number>(long).fill(7), ...rest]));

const rank = fc.oneof(fc.nat({ max: 9 }), fc.constantFrom(127, 128, 2 ** 31, 2 ** 53 - 1));

/** In order, no two at one position. */
export const entries: fc.Arbitrary<Entry[]> = fc
  .array(fc.record({ key, rank, payload: fc.uint8Array({ maxLength: 40 }) }), {
    maxLength: 150,
    size: "max",
  })
  .map((list) =>
    list
      .map(({ key: at, rank: of, payload }) => ({ key: at, rank: of, payload }))
      .sort(comparePositions)
      .filter(
        (entry, i, sorted) => i === 0 || comparePositions(sorted[i - 1] ?? entry, entry) !== 0,
      ),
  );

/** The units of a run of such entries. */
export function unitsOf(table: BlockTable, list: readonly Entry[], shape = tinyShape): Unit[] {
  const writer = new UnitWriter(table, shape);
  const units = list.map((entry) => writer.add(entry, noMarks));
  return [...units, writer.finish()].filter((unit) => unit !== undefined);
}
