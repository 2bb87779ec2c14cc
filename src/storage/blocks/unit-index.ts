import { toHex } from "../../proto/bytes.ts";
import { type BlockSums, UnitIndex } from "../../proto/generated/block.ts";
import { StorageDamagedError } from "../damage.ts";
import { type Address, addressBytes } from "./address.ts";
import { blockKind, blockName, frameWhole, openWhole } from "./block-format.ts";
import { decoded } from "./decoded.ts";
import { type Fence, firstEndingAt, type Position } from "./entry.ts";
import { type KeyHash, mayContain } from "./key-filter.ts";

/** One data block of a unit. */
export interface IndexedBlock extends Fence {
  readonly address: Address;
  readonly sums: BlockSums;
}

/** The index of a unit, which is the block that the unit is named by. */
export class Index {
  readonly firstKey: Uint8Array;
  readonly blocks: readonly IndexedBlock[];
  /** Of the values that are blocks of their own. */
  readonly values: readonly Address[];
  /** What it takes in memory, about. */
  readonly bytes: number;
  readonly #filter: Uint8Array;

  /** Throws StorageDamagedError. */
  constructor(address: Address, block: Uint8Array) {
    const where = blockName(address);
    const index = decoded(where, UnitIndex, openWhole(address, blockKind.index, block));
    this.firstKey = index.firstKey;
    this.#filter = index.filter;
    this.values = index.values.map((value) => addressFrom(where, value));
    this.blocks = index.blocks.map(({ address: bytes, lastKey, lastRank, sums }) => {
      if (sums === undefined) throw new StorageDamagedError(where, "a block without sums");
      return { address: addressFrom(where, bytes), lastKey, lastRank, sums };
    });
    if (this.blocks.length === 0) throw new StorageDamagedError(where, "it has no blocks");
    this.bytes = block.length + 300 * this.blocks.length + 80 * this.values.length;
  }

  static encode(index: UnitIndex): Uint8Array<ArrayBuffer> {
    return frameWhole(blockKind.index, UnitIndex.encode(index));
  }

  get last(): IndexedBlock {
    return this.block(this.blocks.length - 1);
  }

  block(at: number): IndexedBlock {
    const block = this.blocks[at];
    if (block === undefined) throw new Error(`block ${at} of ${this.blocks.length}`);
    return block;
  }

  /** The block with the first entry at `position` or after it; undefined where there is none. */
  blockAt(position: Position): IndexedBlock | undefined {
    return this.blocks[firstEndingAt(this.blocks, position)];
  }

  /** False only where the key is not in the unit. */
  mayContain(key: KeyHash): boolean {
    return this.#filter.length === 0 || mayContain(this.#filter, key);
  }
}

function addressFrom(where: string, bytes: Uint8Array): Address {
  if (bytes.length === addressBytes) return toHex(bytes);
  throw new StorageDamagedError(where, `an address of ${bytes.length} bytes`);
}
