import type { Snapshot } from "../../proto/raftpb.ts";
import type { Sql } from "../sql.ts";
import { type SnapshotPosition, samePosition } from "../wal/wal-snapshot.ts";
import { parseSnapName, snapName } from "./name.ts";
import { decodeSnapRecord, encodeSnapRecord, SnapshotDamagedError } from "./record.ts";

/** Bytes of a record in one row. */
const partBytes = 1_900_000;

/** The most bytes of a record: a larger one would not fit a member's memory. */
const snapshotBytesBound = 64 * 1_024 * 1_024;

/** Snapshots that are kept: the newest, and one to fall back to. */
const snapshotsKept = 2;

const brokenSuffix = ".broken";

/** A damaged record found while loading, kept under another name for inspection. */
export interface SetAside {
  readonly name: string;
  readonly reason: string;
}

/**
 * A member's snapshot records (server/etcdserver/api/snap/snapshotter.go of etcd), in table `snap`
 * instead of a directory. A large record has several rows.
 */
export class Snapshotter {
  readonly #sql: Sql;
  /** Names of all records, until one is written or deleted: they are read often. */
  #known: readonly string[] | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS snap (id INTEGER PRIMARY KEY, name TEXT NOT NULL, " +
        "part INTEGER NOT NULL, parts INTEGER NOT NULL, data BLOB NOT NULL)",
    );
  }

  /**
   * Saves a snapshot; returns its record's name. Does not save the empty snapshot or overwrite a
   * record. Billed as a row for every 1.9 MB. Throws RangeError above 64 MB.
   */
  save(snapshot: Snapshot): string | undefined {
    if (snapshot.metadata.index === 0) return undefined;
    const name = snapName(snapshot.metadata);
    if (this.#parts(name) > 0) return name;
    const record = encodeSnapRecord(snapshot);
    if (record.length > snapshotBytesBound) {
      throw new RangeError(`a snapshot of ${record.length} bytes, at most ${snapshotBytesBound}`);
    }
    const parts = Math.ceil(record.length / partBytes);
    this.#known = undefined;
    for (let part = 0; part < parts; part++) {
      const data = record.subarray(part * partBytes, (part + 1) * partBytes);
      const insert = "INSERT INTO snap (name, part, parts, data) VALUES (?, ?, ?, ?)";
      this.#sql.exec(insert, name, part, parts, data);
    }
    return name;
  }

  /** The positions of all snapshot records, newest first; some may be damaged. */
  positions(): SnapshotPosition[] {
    return this.#names()
      .flatMap((name) => parseSnapName(name) ?? [])
      .sort((a, b) => b.term - a.term || b.index - a.index);
  }

  /** Reads a snapshot. Throws SnapshotDamagedError. */
  read(position: SnapshotPosition): Snapshot {
    const name = snapName(position);
    const snapshot = decodeSnapRecord(name, this.#bytes(name));
    if (!samePosition(snapshot.metadata, position)) {
      const { term, index } = snapshot.metadata;
      throw new SnapshotDamagedError(name, `holds the snapshot of term ${term}, index ${index}`);
    }
    return snapshot;
  }

  /** The newest snapshot with an intact record; damaged newer ones are set aside and returned. */
  load(): { snapshot: Snapshot | undefined; setAside: SetAside[] } {
    return this.#loadMatching(() => true);
  }

  /** As `load`, among the snapshots that the WAL knows, from which alone the log can continue. */
  loadNewestAvailable(available: readonly SnapshotPosition[]): {
    snapshot: Snapshot | undefined;
    setAside: SetAside[];
  } {
    return this.#loadMatching((own) => available.some((other) => samePosition(own, other)));
  }

  /**
   * Deletes snapshots older than the two newest, including set-aside ones. Returns the older of the
   * two; undefined where there are fewer, and the whole log must be kept.
   */
  release(): SnapshotPosition | undefined {
    const oldest = this.positions()[snapshotsKept - 1];
    if (!oldest) return undefined;
    const limit = snapName(oldest);
    this.#deleteWhere((name) => name < limit);
    return oldest;
  }

  /** Deletes all other records: after an installation nothing older may be loaded. */
  keepOnly(position: SnapshotPosition): void {
    const kept = snapName(position);
    this.#deleteWhere((name) => name !== kept);
  }

  #loadMatching(accept: (position: SnapshotPosition) => boolean): {
    snapshot: Snapshot | undefined;
    setAside: SetAside[];
  } {
    const setAside: SetAside[] = [];
    for (const position of this.positions().filter(accept)) {
      try {
        return { snapshot: this.read(position), setAside };
      } catch (error) {
        if (!(error instanceof SnapshotDamagedError)) throw error;
        const name = error.record;
        this.#deleteWhere((other) => other === name + brokenSuffix);
        this.#known = undefined;
        this.#sql.exec("UPDATE snap SET name = ? WHERE name = ?", name + brokenSuffix, name);
        setAside.push({ name, reason: error.message });
      }
    }
    return { snapshot: undefined, setAside };
  }

  #names(): readonly string[] {
    const query = "SELECT DISTINCT name FROM snap";
    this.#known ??= this.#sql
      .exec<{ name: string }>(query)
      .toArray()
      .map(({ name }) => name);
    return this.#known;
  }

  #deleteWhere(accept: (name: string) => boolean): void {
    const names = this.#names().filter(accept);
    if (names.length > 0) this.#known = undefined;
    for (const name of names) this.#sql.exec("DELETE FROM snap WHERE name = ?", name);
  }

  #parts(name: string): number {
    const query = "SELECT count(*) AS n FROM snap WHERE name = ?";
    return this.#sql.exec<{ n: number }>(query, name).one().n;
  }

  #bytes(name: string): Uint8Array {
    const query = "SELECT part, parts, data FROM snap WHERE name = ? ORDER BY part";
    const rows = this.#sql
      .exec<{ part: number; parts: number; data: ArrayBuffer }>(query, name)
      .toArray();
    const whole = rows.every(({ part, parts }, i) => part === i && parts === rows.length);
    if (!whole) throw new SnapshotDamagedError(name, `incomplete: ${rows.length} rows`);
    const record = new Uint8Array(rows.reduce((size, { data }) => size + data.byteLength, 0));
    let at = 0;
    for (const { data } of rows) {
      record.set(new Uint8Array(data), at);
      at += data.byteLength;
    }
    return record;
  }
}
