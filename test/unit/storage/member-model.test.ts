import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry, HardState } from "../../../src/proto/raftpb.ts";
import { MemberStorage } from "../../../src/storage/member-storage.ts";
import { snapName } from "../../../src/storage/snap/name.ts";
import type { Sql } from "../../../src/storage/sql.ts";
import { utf8 } from "../../support/bytes.ts";
import { holds } from "../../support/property.ts";
import { TurnDatabase } from "../../support/sqlite.ts";
import { loadAtOnce } from "./load-at-once.ts";
import { entries, snapshotAt } from "./logs.ts";

const limits = { segmentRows: 5, segmentBytes: 2_000, cacheBytes: 300 };
const metadata = utf8("member");

interface Position {
  readonly index: number;
  readonly term: number;
}

/** What the storage must hold: plain, and copied whole at the end of each turn. */
interface Model {
  /** By index; what lies below an installed snapshot is gone. */
  readonly log: ReadonlyMap<number, Entry>;
  readonly last: number;
  readonly newest: HardState;
  /** The HardState of the last row. */
  readonly written: HardState;
  /** Records of snapshots, oldest first. */
  readonly snapshots: readonly Position[];
}

const born: Model = {
  log: new Map(),
  last: 1,
  newest: { term: 1, vote: 0, commit: 1 },
  written: { term: 1, vote: 0, commit: 1 },
  snapshots: [{ index: 1, term: 1 }],
};

const kinds = [
  ...["append", "append", "append", "append", "override", "vote", "commit", "commit", "fence"],
  ...["snapshot", "snapshot", "compact", "release", "install", "end", "end", "end", "durable"],
  ...["crash", "restart", "spoil"],
] as const;

const operation = fc.record({
  kind: fc.constantFrom(...kinds),
  n: fc.nat(1_000),
  bytes: fc.nat(120),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** A member's storage and the model of it, through turns, commits, crashes and damage. */
class StorageFixture {
  readonly database = new TurnDatabase();
  storage: MemberStorage;
  model = born;
  durable = born;
  flight: { readonly turn: number; readonly model: Model }[] = [];

  constructor() {
    const founding = { snapshot: snapshotAt(1, 1), hardState: born.newest };
    this.storage = MemberStorage.create(this.database.sql, { metadata, founding }, limits);
    this.database.commit();
  }

  step({ kind, n, bytes }: Operation): void {
    const { model } = this;
    const { commit, term } = model.newest;
    if (kind === "append") {
      this.#append(model.last + 1, 1 + (n % 6), term, bytes);
    } else if (kind === "override") {
      const first = Math.max(commit, this.#newestSnapshot().index) + 1;
      this.#append(first + (n % (model.last + 2 - first)), 1 + (n % 3), term + 1, bytes);
    } else if (kind === "vote") {
      this.#save({ term: term + (n % 2), vote: n % 4, commit }, []);
    } else if (kind === "commit") {
      this.#save({ ...model.newest, commit: Math.min(model.last, commit + (n % 8)) }, []);
    } else if (kind === "fence") {
      this.storage.fence();
      this.model = { ...model, written: model.newest };
    } else if (kind === "snapshot") this.#snapshot(n);
    else if (kind === "compact") {
      this.storage.compact(Math.min(this.#newestSnapshot().index, n % (model.last + 1)));
    } else if (kind === "release") {
      this.storage.release();
      this.model = { ...model, snapshots: model.snapshots.slice(-2) };
    } else if (kind === "install") this.#install(n);
    else this.#turn(kind, n);
  }

  #append(first: number, count: number, term: number, bytes: number): void {
    const list = entries(first, first + count - 1, term, bytes);
    this.#save({ ...this.model.newest, term }, list);
  }

  #save(hardState: HardState, list: readonly Entry[]): void {
    const { model } = this;
    const vote = hardState.term > model.newest.term ? hardState.vote : model.newest.vote;
    const next = { ...hardState, vote };
    const before = this.database.rowsWritten;
    const segments = this.storage.status.wal.segments;
    const rows = this.storage.save(next, list);
    const cut = this.storage.status.wal.segments - segments;
    assert.equal(this.database.rowsWritten - before, rows + 2 * cut);
    const must = list.length > 0 || next.term !== model.written.term;
    assert.equal(rows, must || next.vote !== model.written.vote ? 1 : 0);
    const log = new Map(model.log);
    for (const { index } of list) log.set(index, list[index - (list[0]?.index ?? 0)] as Entry);
    const last = list.at(-1)?.index ?? model.last;
    for (const index of log.keys()) if (index > last) log.delete(index);
    this.model = { ...model, log, last, newest: next, written: rows ? next : model.written };
  }

  #snapshot(n: number): void {
    const { model } = this;
    const { commit } = model.newest;
    const newest = this.#newestSnapshot().index;
    if (newest >= commit) return;
    const index = newest + 1 + (n % (commit - newest));
    const term = model.log.get(index)?.term ?? 0;
    this.storage.saveSnapshot(snapshotAt(index, term));
    const snapshots = [...model.snapshots, { index, term }];
    this.model = { ...model, snapshots, written: model.newest };
  }

  #install(n: number): void {
    if (n % 4 > 0) return;
    const { model } = this;
    const term = model.newest.term + (n % 2);
    const index = model.last + 1 + (n % 5);
    const newest = {
      term,
      vote: term === model.newest.term ? model.newest.vote : 0,
      commit: index,
    };
    this.storage.install(snapshotAt(index, term), newest);
    const snapshots = [{ index, term }];
    this.model = { log: new Map(), last: index, newest, written: newest, snapshots };
  }

  #turn(kind: string, n: number): void {
    if (kind === "end") {
      if (!this.database.dirty) return;
      this.flight.push({ turn: this.database.endTurn(), model: this.model });
    } else if (kind === "durable") {
      const done = this.flight.splice(0, n % (this.flight.length + 1)).at(-1);
      if (!done) return;
      this.database.durable(done.turn);
      this.durable = done.model;
    } else {
      if (kind === "crash") this.database.crash();
      else {
        this.database.commit();
        this.durable = this.model;
        this.database.restart();
      }
      this.flight = [];
      this.model = this.durable;
      if (kind === "spoil") this.#spoilNewest();
      this.#load();
    }
  }

  /** Damages the newest snapshot, if there is an older one to go back to. */
  #spoilNewest(): void {
    const { snapshots } = this.model;
    if (snapshots.length < 2) return;
    const name = snapName(this.#newestSnapshot());
    this.database.sql.exec("UPDATE snap SET data = zeroblob(5) WHERE name = ?", name);
    this.model = { ...this.model, snapshots: snapshots.slice(0, -1) };
  }

  #load(): void {
    const result = loadAtOnce(this.database.sql, { limits, sliceBytes: 500 });
    assert.ok(result.state === "loaded", JSON.stringify(result));
    this.storage = result.storage;
    this.database.commit();
    this.model = this.durable = { ...this.model, newest: this.model.written };
    assert.equal(result.snapshot?.metadata.index, this.#newestSnapshot().index);
    assert.equal(this.storage.raft.firstIndex(), this.#newestSnapshot().index + 1);
  }

  #newestSnapshot(): Position {
    const position = this.model.snapshots.at(-1);
    assert.ok(position);
    return position;
  }

  check(): void {
    const { raft } = this.storage;
    const { model } = this;
    const newest = this.#newestSnapshot();
    assert.deepEqual(raft.initialState().hardState, model.newest);
    assert.deepEqual(raft.snapshot(), snapshotAt(newest.index, newest.term));
    assert.equal(raft.lastIndex(), model.last);
    const first = raft.firstIndex();
    assert.ok(first <= newest.index + 1);
    const expected: Entry[] = [];
    for (let index = first; index <= model.last; index++) {
      const entry = model.log.get(index);
      assert.ok(entry, `no entry ${index}`);
      assert.equal(raft.term(index), entry.term);
      expected.push(entry);
    }
    assert.deepEqual(raft.entries(first, model.last + 1, Number.POSITIVE_INFINITY), expected);
  }
}

test("whatever is saved, released, installed, crashed or damaged, it is as the model says", (t) => {
  holds(
    t,
    fc.property(fc.array(operation, { maxLength: 120, size: "max" }), (operations) => {
      const world = new StorageFixture();
      for (const step of operations) {
        world.step(step);
        world.check();
      }
      world.database.close();
    }),
    { numRuns: 60 },
  );
});

/** Damages one thing in one row of the WAL, or of the snapshots; says what. */
function damage(sql: Sql, pick: number, at: number, mask: number): string {
  const tables = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name GLOB 'wal_*' OR name = 'snap'",
    )
    .toArray()
    .flatMap(({ name }) => {
      const key = name === "snap" ? "id" : "seq";
      const rows = sql.exec<{ key: number }>(`SELECT ${key} AS key FROM ${name}`).toArray();
      return rows.map((row) => ({ name, key, value: row.key }));
    });
  const row = tables[pick % tables.length];
  assert.ok(row);
  const { name, key, value } = row;
  const where = `WHERE ${key} = ${value}`;
  const { data } = sql.exec<{ data: ArrayBuffer }>(`SELECT data FROM ${name} ${where}`).one();
  const bytes = new Uint8Array(data);
  const byte = at % bytes.length;
  bytes[byte] = (bytes[byte] ?? 0) ^ mask;
  sql.exec(`UPDATE ${name} SET data = ? ${where}`, bytes);
  return `${name} ${key} ${value}, byte ${byte} by ${mask}`;
}

test("damage of any byte of any row leaves what was stored, or is a declared error", (t) => {
  const outcomes = { same: 0, damaged: 0 };
  holds(
    t,
    fc.property(
      fc.array(operation, { minLength: 20, maxLength: 60, size: "max" }),
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })), {
        minLength: 30,
        maxLength: 30,
        size: "max",
      }),
      (operations, damages) => {
        const world = new StorageFixture();
        for (const step of operations) world.step(step);
        world.step({ kind: "restart", n: 0, bytes: 0 });
        const { model, database } = world;
        for (const [pick, at, mask] of damages) {
          const what = damage(database.sql, pick, at, mask);
          const result = loadAtOnce(database.sql, { limits });
          if (result.state === "loaded") {
            outcomes.same += 1;
            const { raft } = result.storage;
            assert.equal(raft.lastIndex(), model.last, what);
            assert.deepEqual(raft.initialState().hardState, model.written, what);
            for (let index = raft.firstIndex(); index <= model.last; index++) {
              const [entry] = raft.entries(index, index + 1, 0);
              assert.deepEqual(entry, model.log.get(index), what);
            }
            const index = result.snapshot?.metadata.index ?? 0;
            const known = model.snapshots.find((position) => position.index === index);
            assert.deepEqual(result.snapshot, snapshotAt(index, known?.term ?? 0), what);
          } else {
            assert.ok(result.state === "damaged", what);
            assert.ok(result.damage.where.length > 0 && result.damage.kind.endsWith("Error"));
            outcomes.damaged += 1;
          }
          database.crash();
        }
        world.database.close();
      },
    ),
    { numRuns: 30, endOnFailure: true },
  );
  assert.ok(outcomes.same > 20 && outcomes.damaged > 100, JSON.stringify(outcomes));
});
