import { StorageDamagedError } from "../damage.ts";
import type { Address } from "./address.ts";
import type { BlockTable } from "./block-table.ts";
import { endsOf, placeOf, readPart, readTrailer, type Trailer, tailBytes } from "./data-block.ts";
import { type Entry, firstEndingAt, type Position } from "./entry.ts";
import type { KeyHash } from "./key-filter.ts";
import type { Part } from "./part.ts";
import { Index } from "./unit-index.ts";
import { decodeValue } from "./value-block.ts";
import { WeightedCache } from "./weighted-cache.ts";

/** What a part takes in memory beside its bytes. */
const partOverheadBytes = 200;

/** A data block in hand, whole. */
export interface OpenBlock {
  readonly address: Address;
  readonly bytes: Uint8Array;
  readonly trailer: Trailer;
}

/**
 * Reads blocks through bounded caches: of indexes, of trailers, and of parts that were checked.
 * Whatever is not as it was written throws StorageDamagedError.
 */
export class BlockReader {
  readonly #table: BlockTable;
  readonly #indexes: WeightedCache<Index>;
  readonly #trailers: WeightedCache<Trailer>;
  readonly #parts: WeightedCache<Part>;
  /** Blocks that were loaded, or parts of them: what reads cost, counted and not timed. */
  loads = 0;

  /** @param cacheBytes for all caches together: half of it for indexes and trailers. */
  constructor(table: BlockTable, cacheBytes: number) {
    this.#table = table;
    this.#indexes = new WeightedCache(Math.floor((cacheBytes * 3) / 8));
    this.#trailers = new WeightedCache(Math.floor(cacheBytes / 8));
    this.#parts = new WeightedCache(Math.floor(cacheBytes / 2));
  }

  index(address: Address): Index {
    const cached = this.#indexes.get(address);
    if (cached !== undefined) return cached;
    const index = new Index(address, this.#load(address));
    this.#indexes.put(address, index, index.bytes);
    return index;
  }

  open(address: Address): OpenBlock {
    const bytes = this.#load(address);
    const trailer = this.#trailers.get(address) ?? readTrailer(address, endsOf(bytes));
    if (trailer === undefined) throw new Error(`the trailer of ${address} is not in all of it`);
    this.#trailers.put(address, trailer, trailer.bytes);
    return { address, bytes, trailer };
  }

  /** Where the parts of a data block are; the block, where it was opened for that. */
  trailer(address: Address): { readonly trailer: Trailer; readonly open: OpenBlock | undefined } {
    const cached = this.#trailers.get(address);
    if (cached !== undefined) return { trailer: cached, open: undefined };
    const open = this.open(address);
    return { trailer: open.trailer, open };
  }

  /** A part that is in the cache. */
  cached(address: Address, part: number): Part | undefined {
    return this.#parts.get(`${address}.${part}`);
  }

  /** A part of an open block, kept in the cache. */
  part({ address, bytes, trailer }: OpenBlock, at: number): Part {
    const { start, end } = placeOf(trailer, at);
    // A copy: it is kept for longer than the block.
    return this.#keep(address, at, bytes.slice(start, end));
  }

  /** The first entry of a unit at `position` or after it. */
  find(unit: Address, position: Position): Entry | undefined {
    return this.#findIn(this.index(unit), position);
  }

  /** The first entry of that key at or after the rank; as a filter is asked first. */
  findKey(unit: Address, position: Position, hash: KeyHash): Entry | undefined {
    const index = this.index(unit);
    return index.mayContain(hash) ? this.#findIn(index, position) : undefined;
  }

  /** The value that is a block of its own. */
  value(address: Address, bytes: number): Uint8Array {
    const value = decodeValue(address, this.#load(address));
    if (value.length === bytes) return value;
    throw new StorageDamagedError(`block ${address}`, `a value of ${value.length}, not ${bytes}`);
  }

  #findIn(index: Index, position: Position): Entry | undefined {
    const block = index.blockAt(position);
    if (block === undefined) return undefined;
    const { address } = block;
    const trailer = this.#trailerAlone(address);
    const at = firstEndingAt(trailer.parts, position);
    if (at === trailer.parts.length) {
      throw new StorageDamagedError(`block ${address}`, "it ends before its fence");
    }
    const part = this.cached(address, at) ?? this.#partAlone(address, trailer, at);
    return part.find(position);
  }

  /** Without the rest of its block: what is not handed over need not be collected. */
  #trailerAlone(address: Address): Trailer {
    const cached = this.#trailers.get(address);
    if (cached !== undefined) return cached;
    const trailer = readTrailer(address, this.#table.ends(address, tailBytes));
    if (trailer === undefined) return this.open(address).trailer;
    this.#trailers.put(address, trailer, trailer.bytes);
    return trailer;
  }

  #partAlone(address: Address, trailer: Trailer, at: number): Part {
    const { start, end } = placeOf(trailer, at);
    this.loads++;
    return this.#keep(address, at, this.#table.piece(address, start, end - start));
  }

  #keep(address: Address, at: number, bytes: Uint8Array): Part {
    const part = readPart(address, at, bytes);
    this.#parts.put(`${address}.${at}`, part, part.bytes + partOverheadBytes);
    return part;
  }

  #load(address: Address): Uint8Array {
    this.loads++;
    return this.#table.get(address);
  }
}
