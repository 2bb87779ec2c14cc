import type { Snapshot } from "../../proto/raftpb.ts";
import type { Sql } from "../sql.ts";
import { type SnapshotPosition, samePosition } from "../wal/wal-snapshot.ts";
import { parseSnapName, snapName } from "./name.ts";
import { decodeSnapRecord, encodeSnapRecord, SnapshotDamagedError } from "./record.ts";

/** Bytes of a record that go into one row. */
const partBytes = 1_900_000;

/** The most bytes of a record: more than the memory of a member allows is a mistake. */
const snapshotBytesBound = 64 * 1_024 * 1_024;

/** How many snapshots are kept: the newest, and the one to fall back to. */
const snapshotsKept = 2;

const brokenSuffix = ".broken";

/** A record that turned out damaged while loading: kept under another name, to be looked at. */
export interface SetAside {
  readonly name: string;
  readonly reason: string;
}

/**
 * A member's snapshot records (server/etcdserver/api/snap/snapshotter.go of etcd), in table `snap`
 * instead of a directory. A large one takes several rows.
 */
export class Snapshotter {
  readonly #sql: Sql;
  /** Of all records, as long as none was written or deleted: they are asked for all the time. */
  #known: readonly string[] | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS snap (id INTEGER PRIMARY KEY, name TEXT NOT NULL, " +
        "part INTEGER NOT NULL, parts INTEGER NOT NULL, data BLOB NOT NULL)",
    );
  }

  /**
   * Saves a snapshot; returns its record's name. The empty snapshot is not saved, and a record that
   * is there is not overwritten. Bills a row for every 1.9 MB. Throws RangeError where it is larger
   * than 64 MB.
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

  /** The positions of the snapshots there are, newest first; they may turn out damaged. */
  positions(): SnapshotPosition[] {
    return this.#names()
      .flatMap((name) => parseSnapName(name) ?? [])
      .sort((a, b) => b.term - a.term || b.index - a.index);
  }

  /** The snapshot of a record. Throws SnapshotDamagedError. */
  read(position: SnapshotPosition): Snapshot {
    const name = snapName(position);
    const snapshot = decodeSnapRecord(name, this.#bytes(name));
    if (!samePosition(snapshot.metadata, position)) {
      const { term, index } = snapshot.metadata;
      throw new SnapshotDamagedError(name, `holds the snapshot of term ${term}, index ${index}`);
    }
    return snapshot;
  }

  /** The newest snapshot whose record is intact, with those that were not: they are set aside. */
  load(): { snapshot: Snapshot | undefined; setAside: SetAside[] } {
    return this.#loadMatching(() => true);
  }

  /** The same, of the snapshots that the WAL knows of: only from these can the log go on. */
  loadNewestAvailable(available: readonly SnapshotPosition[]): {
    snapshot: Snapshot | undefined;
    setAside: SetAside[];
  } {
    return this.#loadMatching((own) => available.some((other) => samePosition(own, other)));
  }

  /**
   * Deletes what is older than the two newest snapshots, also what was set aside. Returns the older
   * of those two; undefined where there are not two yet, and the log is to be kept whole.
   */
  release(): SnapshotPosition | undefined {
    const oldest = this.positions()[snapshotsKept - 1];
    if (!oldest) return undefined;
    const limit = snapName(oldest);
    this.#deleteWhere((name) => name < limit);
    return oldest;
  }

  /** Deletes every other record: after an installation nothing older may be loaded. */
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
