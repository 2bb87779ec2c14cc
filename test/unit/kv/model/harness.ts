import assert from "node:assert/strict";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import { type Applied, StateMachine } from "../../../../src/kv/state-machine.ts";
import { defaultLimits } from "../../../../src/kv/work/limits.ts";
import {
  CompactionRequest,
  type KeyValue,
  LeaseCheckpoint,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  RangeRequest,
  type RangeResponse,
  type TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import {
  LeaseRecord,
  Manifest,
  Query,
  Request,
  Response,
} from "../../../../src/proto/generated/kv.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { requestId, text } from "../support.ts";
import type { Command } from "./commands.ts";
import { Model, Refused } from "./model.ts";

const limits = { ...defaultLimits, requestWindow: 12, maxTxnOps: 6 };

/** What one entry of the log did when it was first applied: a replay must do the same. */
interface Entry {
  readonly data: Uint8Array | undefined;
  readonly applied: Applied | undefined;
}

interface Snapshot {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/**
 * A state machine in the hands of a host that checkpoints, crashes, falls back, transfers and
 * compacts at whim, beside the model, which does none of it. The log survives everything.
 */
export class Harness {
  readonly #model = new Model();
  readonly #log: Entry[] = [];
  /** Each request with an id, in the order it was first applied: where, and its data. */
  readonly #requests: number[] = [];
  #database = new TurnDatabase();
  #machine = new StateMachine(this.#database.sql, limits);
  /** The retained ones, oldest first. */
  #snapshots: Snapshot[] = [];
  #frozen: Snapshot | undefined;

  constructor() {
    this.#frozen = this.#freeze();
    while (!this.#machine.checkpoints.writeSlice({ maxRows: 1, maxBytes: 1 }));
    this.#finish();
  }

  run(command: Command): void {
    switch (command.kind) {
      case "put":
        this.#request({ put: command.request }, () => ({ put: this.#model.put(command.request) }));
        return;
      case "delete":
        this.#request({ deleteRange: command.request }, () => ({
          deleteRange: this.#model.delete(command.request),
        }));
        return;
      case "txn":
        this.#request({ txn: command.request }, () => ({
          txn: this.#model.txn(command.request, limits.maxTxnOps),
        }));
        return;
      case "range":
        this.#range(command.request, command.pageBytes);
        return;
      case "compact":
        this.#compact(command.revision);
        return;
      case "grant":
      case "revoke":
      case "remains":
        this.#lease(command);
        return;
      case "retry":
        this.#retry(command.back);
        return;
      case "empty":
        this.#machine.applyEmpty(this.#log.length + 1, 1);
        this.#log.push({ data: undefined, applied: undefined });
        return;
      default:
        this.#host(command);
    }
  }

  #host(command: Command): void {
    switch (command.kind) {
      case "freeze":
        this.#frozen ??= this.#freeze();
        return;
      case "slice":
        if (this.#frozen)
          this.#machine.checkpoints.writeSlice({ maxRows: command.maxRows, maxBytes: 5_000 });
        return;
      case "cancel":
        this.#machine.checkpoints.cancel();
        this.#frozen = undefined;
        return;
      case "finish":
        if (!this.#frozen) return;
        while (!this.#machine.checkpoints.writeSlice({ maxRows: 5, maxBytes: 5_000 }));
        this.#finish();
        return;
      case "compactSlice":
        this.#machine.checkpoints.compactSlice({ maxRows: command.maxRows, maxBytes: 5_000 });
        return;
      case "crash":
        this.#crash(command.fallBack);
        return;
      case "commit":
        this.#database.commit();
        return;
      case "transfer":
        this.#transfer(command.maxBytes, command.restartAfter);
        return;
      default:
        throw new Error(`command ${command.kind}`);
    }
  }

  /** Applies an entry, and holds it against the model. */
  #request(body: Partial<Request>, model: () => Partial<Response>): void {
    const index = this.#log.length + 1;
    // What the cluster itself proposes has no id, and is not sent again.
    const own = body.leaseCheckpoint !== undefined;
    const named = own ? {} : { requestId: requestId(index), seenIndex: index - 1 };
    const data = Request.encode(Request.create({ format: 1, ...named, ...body }));
    const changesBefore = this.#model.changes.length;
    const keysBefore = this.#model.now;
    let expected: Partial<Response> | undefined;
    let refused: string | undefined;
    try {
      expected = model();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
    const applied = this.#apply(data);
    if (!own) this.#requests.push(index);
    assert.equal(applied.error?.message, refused);
    for (const [name, value] of Object.entries(expected ?? {})) {
      assert.deepEqual(applied.response?.[name as keyof Response], value);
    }
    this.#checkEvents(applied, this.#model.changes.slice(changesBefore), keysBefore);
    assert.equal(this.#machine.revision, this.#model.revision);
  }

  #apply(data: Uint8Array): Applied {
    const applied = inMemory(this.#machine.apply({ index: this.#log.length + 1, term: 1, data }));
    this.#log.push({ data, applied });
    return applied;
  }

  #checkEvents(applied: Applied, changes: KeyValue[], before: ReadonlyMap<string, KeyValue>) {
    const prev = new Map(before);
    const expected = changes.map((kv) => {
      const event = { type: kv.version === 0 ? 1 : 0, kv, prevKv: prev.get(text(kv.key)) };
      if (kv.version === 0) prev.delete(text(kv.key));
      else prev.set(text(kv.key), kv);
      return event;
    });
    const found = applied.events.map((event, i) => {
      if (event.prevKv || !event.kv || !expected[i]?.prevKv) return event;
      const { key, modRevision } = event.kv;
      return { ...event, prevKv: this.#machine.history.valueAt(key, modRevision - 1) };
    });
    assert.deepEqual(found, expected);
  }

  #compact(revision: number): void {
    const header = { header: { clusterId: 0n, memberId: 0n, raftTerm: 0 } };
    this.#request({ compaction: CompactionRequest.create({ revision }) }, () => {
      this.#model.compact(revision);
      return { compaction: { header: { ...header.header, revision: this.#model.revision } } };
    });
  }

  #lease(command: Command & { readonly kind: "grant" | "revoke" | "remains" }): void {
    const { id: ID } = command;
    if (command.kind === "grant") {
      const { ttl: TTL } = command;
      this.#request({ leaseGrant: LeaseGrantRequest.create({ ID, TTL }) }, () => {
        this.#model.grant(ID, TTL);
        return {};
      });
    } else if (command.kind === "revoke") {
      this.#request({ leaseRevoke: LeaseRevokeRequest.create({ ID }) }, () => {
        this.#model.revoke(ID);
        return {};
      });
    } else {
      const checkpoints = [LeaseCheckpoint.create({ ID, remainingTTL: command.seconds })];
      const leaseCheckpoint = LeaseCheckpointRequest.create({ checkpoints });
      this.#request({ leaseCheckpoint }, () => {
        this.#model.checkpointLease(ID, command.seconds);
        return {};
      });
    }
  }

  #retry(back: number): void {
    const index = this.#requests.at(-1 - back);
    const first = index === undefined ? undefined : this.#log[index - 1];
    if (index === undefined || !first?.data || !first.applied) return;
    const again = this.#apply(first.data);
    assert.deepEqual(again.events, []);
    assert.equal(this.#machine.revision, this.#model.revision);
    if (index <= this.#log.length - limits.requestWindow) {
      assert.equal(again.error?.kind, errors.unknownOutcome);
      return;
    }
    if (again.error?.kind === errors.answerCompacted) {
      const { txn } = Request.decode(first.data);
      const read = [first.applied.revision - 1, ...(txn ? revisionsRead(txn) : [])];
      assert.ok(Math.min(...read) < this.#model.compacted);
      return;
    }
    assert.equal(again.error?.message, first.applied.error?.message);
    assert.deepEqual(again.response, first.applied.response);
  }

  #range(request: RangeRequest, pageBytes: number): void {
    let expected: RangeResponse | undefined;
    let refused: string | undefined;
    try {
      expected = this.#model.range(request);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
    if (expected) assert.deepEqual(this.#pages(request, pageBytes), expected);
    else assert.throws(() => this.#pages(request, pageBytes), { message: refused ?? "" });
  }

  /** All pages of a range, put together as the front does it. */
  #pages(request: RangeRequest, maxBytes: number): RangeResponse {
    let whole: RangeResponse | undefined;
    let pageKey: Uint8Array = new Uint8Array(0);
    do {
      const got: readonly KeyValue[] = whole?.kvs ?? [];
      const revision: number = whole?.header?.revision ?? 0;
      const page = this.#query({
        maxBytes,
        pageKey,
        range: {
          ...request,
          limit: request.limit > 0 ? request.limit - got.length : request.limit,
          revision: request.revision > 0 ? request.revision : revision,
        },
      });
      const { range } = page;
      assert.ok(range);
      const count: number = whole?.count ?? range.count;
      whole = { ...range, kvs: [...got, ...range.kvs], count };
      pageKey = page.nextKey;
    } while (pageKey.length > 0);
    return whole;
  }

  #query(body: Partial<Query>): Response {
    return Response.decode(
      this.#machine.query(Query.encode(Query.create({ format: 1, ...body })), 0),
    );
  }

  #freeze(): Snapshot {
    const bytes = this.#machine.checkpoints.freeze();
    return { index: this.#log.length, bytes, manifest: Manifest.decode(bytes) };
  }

  #finish(): void {
    if (!this.#frozen) throw new Error("nothing is frozen");
    this.#machine.checkpoints.finish();
    this.#snapshots = [...this.#snapshots.slice(-1), this.#frozen];
    this.#frozen = undefined;
    this.#database.commit();
    this.#retain();
  }

  #retain(): void {
    const oldest = this.#snapshots[0]?.manifest.compactRevision ?? -1;
    this.#machine.checkpoints.oldestRetainedCompaction = oldest;
  }

  #crash(fallBack: boolean): void {
    this.#database.crash();
    if (fallBack) this.#snapshots = this.#snapshots.slice(0, 1);
    this.#frozen = undefined;
    this.#machine = new StateMachine(this.#database.sql, limits);
    const newest = this.#snapshots.at(-1);
    assert.ok(newest);
    this.#machine.restore(newest.bytes);
    this.#retain();
    this.#replay(this.#machine);
  }

  /** The rest of the log does to `machine` what it did at first. */
  #replay(machine: StateMachine, to = this.#log.length): void {
    for (let index = machine.appliedIndex + 1; index <= to; index++) {
      const entry = this.#log[index - 1];
      if (entry?.data && entry.applied) {
        const applied = machine.apply({ index, term: 1, data: entry.data });
        assert.deepEqual(plain(applied), plain(entry.applied));
      } else {
        machine.applyEmpty(index, 1);
      }
    }
  }

  /** A member that lags behind takes the newest snapshot, and goes on in place of this one. */
  #transfer(maxBytes: number, restartAfter: number): void {
    const snapshot = this.#snapshots.at(-1);
    if (!snapshot || snapshot.index === 0) return;
    const database = new TurnDatabase();
    let target = new StateMachine(database.sql, limits);
    this.#replay(target, Math.floor(snapshot.index / 2));
    const key = { source: 1, index: snapshot.index, term: 1, manifestCrc: 7 };
    let cursor = target.transfers.openStaging(key);
    for (let chunks = 0; cursor !== undefined; chunks++) {
      assert.ok(chunks < 10_000, "the transfer does not end");
      const chunk = this.#machine.transfers.exportChunk(snapshot.bytes, cursor, maxBytes);
      cursor = target.transfers.stageChunk(chunk.bytes);
      if (chunks !== restartAfter) continue;
      database.commit();
      database.restart();
      target = new StateMachine(database.sql, limits);
      cursor = target.transfers.openStaging(key);
    }
    target.transfers.verifyStaging(snapshot.bytes);
    target.install(snapshot.bytes);
    while (target.checkpoints.releaseGeneration());
    database.commit();
    this.#database.close();
    this.#database = database;
    this.#machine = target;
    this.#snapshots = [snapshot];
    this.#frozen = undefined;
    this.#retain();
    this.#replay(target);
  }

  /** Everything that can be read is what the model says. */
  checkEnd(): void {
    const machine = this.#machine;
    const model = this.#model;
    assert.equal(machine.revision, model.revision);
    assert.equal(machine.compactRevision, model.compacted);
    assert.equal(machine.status.keyCount, model.now.size);
    assert.equal(machine.status.fingerprint(), machine.status.recomputeFingerprint());
    const all = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) };
    for (let revision = Math.max(model.compacted, 1); revision <= model.revision; revision++) {
      this.#range(RangeRequest.create({ ...all, revision }), 1_000_000);
      this.#range(RangeRequest.create({ ...all, revision, countOnly: true }), 1_000_000);
    }
    this.#checkLeases();
    this.#checkHistory();
    this.#checkReference();
    this.#database.close();
  }

  #checkLeases(): void {
    const { leases } = this.#machine;
    const records = [...leases.records()].map((record) => LeaseRecord.decode(record));
    const found = records.map(({ ID, TTL, remainingTTL }) => {
      return [ID, TTL, remainingTTL, [...leases.keys(ID)].sort()];
    });
    const expected = [...this.#model.leases].map(([id, { TTL, remainingTTL }]) => {
      return [id, TTL, remainingTTL, this.#model.keysOf(id).sort()];
    });
    const byId = ([a = 0n]: unknown[], [b = 0n]: unknown[]) =>
      Number((a as bigint) - (b as bigint));
    assert.deepEqual(found.sort(byId), expected.sort(byId));
  }

  #checkHistory(): void {
    const from = Math.max(this.#model.compacted, 1);
    const seen: KeyValue[] = [];
    for (let next = from; next <= this.#model.revision; ) {
      const page = this.#machine.history.eventsFrom(next, () => true, {
        maxRevisions: 3,
        maxBytes: 2_000,
      });
      seen.push(...page.events.flatMap(({ kv }) => (kv ? [kv] : [])));
      assert.ok(page.nextRevision > next, "the history does not end");
      next = page.nextRevision;
    }
    const expected = this.#model.changes.filter((kv) => kv.modRevision >= from);
    assert.deepEqual(seen, expected);
  }

  /** A member that only ever applied the log, from an empty state, has the same fingerprint. */
  #checkReference(): void {
    const database = new TurnDatabase();
    const reference = new StateMachine(database.sql, limits);
    this.#replay(reference);
    assert.equal(reference.status.fingerprint(), this.#machine.status.fingerprint());
    database.close();
  }
}

/** The past revisions that ranges of a transaction name. */
function revisionsRead({ success, failure }: TxnRequest): number[] {
  return [...success, ...failure].flatMap(({ requestRange, requestTxn }) => [
    ...(requestRange && requestRange.revision > 0 ? [requestRange.revision] : []),
    ...(requestTxn ? revisionsRead(requestTxn) : []),
  ]);
}

/** With every value read from disk, so that it can be kept. */
function inMemory(applied: Applied): Applied {
  const { response, events } = applied;
  return { ...applied, response: structuredClone(response), events: structuredClone(events) };
}

/** What two lives of a member have in common: which previous values are in memory is not. */
function plain({ error, events, ...applied }: Applied) {
  if (error !== undefined) assert.ok(error instanceof KvError);
  const changes = events.map(({ type, kv }) => ({ type, kv }));
  return { ...applied, events: changes, error: error?.message };
}
