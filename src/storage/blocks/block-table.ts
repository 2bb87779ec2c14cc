import { toHex } from "../../proto/bytes.ts";
import { StorageDamagedError } from "../damage.ts";
import type { Sql } from "../sql.ts";
import { type Address, addressOf, bytesOfAddress, type Sha256 } from "./address.ts";
import { blockName, headerBytes } from "./block-format.ts";
import type { BlockEnds } from "./data-block.ts";

/** Bytes of a block: the platform's bound on a row is 2,000,000, and the address is in it. */
export const maxBlockBytes = 1_999_000;

/** Hex digits of an address that make a row's number: 52 bits, which a number holds. */
const idDigits = 13;

/**
 * All blocks that a member has, one row and one billed row each.
 *
 * The key is a number, the beginning of the address: SQLite compares the keys of a table WITHOUT
 * ROWID by loading whole rows, which takes seven times as long with rows of this size. Addresses
 * may be made to begin alike, so that the whole address is compared on a hit; all but the first of
 * them go to a table of their own, by the whole address, where there may be any number.
 */
export class BlockTable {
  readonly #sql: Sql;
  readonly #sha256: Sha256;
  /** What is going to be removed, unless somebody asks for it before. */
  readonly #doomed = new Set<Address>();

  constructor(sql: Sql, sha256: Sha256) {
    this.#sql = sql;
    this.#sha256 = sha256;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS block (id INTEGER PRIMARY KEY, address BLOB NOT NULL,
       data BLOB NOT NULL)`,
    );
    sql.exec(
      `CREATE TABLE IF NOT EXISTS block_alike (address BLOB NOT NULL PRIMARY KEY,
       data BLOB NOT NULL) WITHOUT ROWID`,
    );
  }

  /** Stores it where it is not there, and returns its address. */
  put(block: Uint8Array): Address {
    if (block.length > maxBlockBytes) throw new RangeError(`a block of ${block.length} bytes`);
    const address = addressOf(block, this.#sha256);
    if (this.has(address)) return address;
    const bytes = bytesOfAddress(address);
    if (this.#query("SELECT 1 FROM block WHERE id = ?", idOf(address)).length > 0) {
      this.#sql.exec("INSERT INTO block_alike (address, data) VALUES (?, ?)", bytes, block);
    } else {
      const insert = "INSERT INTO block (id, address, data) VALUES (?, ?, ?)";
      this.#sql.exec(insert, idOf(address), bytes, block);
    }
    return address;
  }

  /** Whether it is there: then it stays, also where it was doomed. */
  has(address: Address): boolean {
    this.#doomed.delete(address);
    return this.#find("1", address) !== undefined;
  }

  /** As it is stored: its sums tell whether it is as it was. Throws StorageDamagedError. */
  get(address: Address): Uint8Array {
    const [data] = this.#find("data", address) ?? this.#missing(address);
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    throw new StorageDamagedError(blockName(address), `it is of type ${typeof data}`);
  }

  /** The ends of a block, of which `tail` bytes are the last. Throws as get does. */
  ends(address: Address, tail: number): BlockEnds {
    const columns = "length(data), substr(data, 1, ?), substr(data, ?)";
    const row = this.#find(columns, address, headerBytes, -tail);
    const [length, head, last] = row ?? this.#missing(address);
    if (head instanceof ArrayBuffer && last instanceof ArrayBuffer) {
      return { length: Number(length), head: new Uint8Array(head), tail: new Uint8Array(last) };
    }
    throw new StorageDamagedError(blockName(address), `it is of type ${typeof head}`);
  }

  /** Some bytes of a block. Throws as get does. */
  piece(address: Address, start: number, bytes: number): Uint8Array {
    const row = this.#find("substr(data, ?, ?)", address, start + 1, bytes);
    const [piece] = row ?? this.#missing(address);
    if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
    throw new StorageDamagedError(blockName(address), `it is of type ${typeof piece}`);
  }

  /** The same, held against its address. Throws StorageDamagedError. */
  getVerified(address: Address): Uint8Array {
    const block = this.get(address);
    const found = addressOf(block, this.#sha256);
    if (found === address) return block;
    throw new StorageDamagedError(blockName(address), `its bytes are those of ${found}`);
  }

  /** These are to be removed, but for those that are put, or asked for, until then. */
  doom(addresses: readonly Address[]): void {
    for (const address of addresses) this.#doomed.add(address);
  }

  /** They are needed after all. */
  spare(addresses: readonly Address[]): void {
    for (const address of addresses) this.#doomed.delete(address);
  }

  /** Removes up to `limit` of those that are doomed. Returns how many are left. */
  removeDoomed(limit: number): number {
    let left = limit;
    for (const address of this.#doomed) {
      if (left-- <= 0) break;
      const bytes = bytesOfAddress(address);
      this.#sql.exec("DELETE FROM block WHERE id = ? AND address = ?", idOf(address), bytes);
      this.#sql.exec("DELETE FROM block_alike WHERE address = ?", bytes);
      this.#doomed.delete(address);
    }
    return this.#doomed.size;
  }

  /** The next `limit` addresses after one ("" is before all), in order. */
  list(after: Address | "", limit: number): readonly Address[] {
    const from = after === "" ? new Uint8Array(0) : bytesOfAddress(after);
    const rows = [
      ...this.#query(
        "SELECT address FROM block WHERE id >= ? AND address > ? ORDER BY id LIMIT ? + 0",
        after === "" ? 0 : idOf(after),
        from,
        limit,
      ),
      ...this.#query(
        "SELECT address FROM block_alike WHERE address > ? ORDER BY address LIMIT ? + 0",
        from,
        limit,
      ),
    ];
    const addresses = rows.map(([address]) => {
      if (address instanceof ArrayBuffer) return toHex(new Uint8Array(address));
      throw new StorageDamagedError("table block", `an address of type ${typeof address}`);
    });
    return addresses.sort().slice(0, limit);
  }

  #missing(address: Address): never {
    throw new StorageDamagedError(blockName(address), "it is missing");
  }

  #find(columns: string, address: Address, ...bindings: readonly number[]) {
    const bytes = bytesOfAddress(address);
    const query = `SELECT ${columns} FROM block WHERE id = ? AND address = ?`;
    const [row] = this.#query(query, ...bindings, idOf(address), bytes);
    if (row !== undefined) return row;
    const alike = `SELECT ${columns} FROM block_alike WHERE address = ?`;
    return this.#query(alike, ...bindings, bytes)[0];
  }

  #query(query: string, ...bindings: (number | Uint8Array)[]) {
    return [...this.#sql.exec(query, ...bindings).raw()];
  }
}

function idOf(address: Address): number {
  return Number.parseInt(address.slice(0, idDigits), 16);
}
