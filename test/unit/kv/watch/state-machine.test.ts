import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteString, bytesOf } from "../../../../src/kv/keys/key-range.ts";
import type { Applied } from "../../../../src/kv/state-machine.ts";
import { StateMachine } from "../../../../src/kv/state-machine.ts";
import { keyValueOf } from "../../../../src/kv/watch/event.ts";
import { WatchBudget } from "../../../../src/node/watch/budget.ts";
import { WatchService } from "../../../../src/node/watch/service.ts";
import type { Event } from "../../../../src/proto/generated/etcd.ts";
import {
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RequestOp,
  TxnRequest,
  WatchRequest,
  WatchResponse,
} from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import { holds } from "../../../support/property.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { eventLine, headerAt, watch } from "./model.ts";

/** Two or three responses, and a stream is full. */
const streamBytes = 100;

/** A state machine, and watches on it that are as slow as they are told. */
class Member {
  readonly database = new TurnDatabase();
  readonly machine = new StateMachine(this.database.sql);
  readonly steps: (() => void)[] = [];
  readonly service: WatchService;

  constructor(turnWork: number) {
    this.service = new WatchService({
      history: this.machine.history,
      budget: new WatchBudget(2_000_000, streamBytes),
      turnWork,
      header: headerAt,
      userOf: () => "",
      authorize: () => undefined,
      soon: (step) => this.steps.push(step),
    });
  }

  apply(index: number, data: Uint8Array): Applied {
    const applied = this.machine.apply({ index, term: 1, data });
    if (applied.error) throw applied.error;
    this.service.applied(applied.revision, applied.events);
    return applied;
  }

  /** A turn ends, and another follows. */
  step(): void {
    this.service.flush();
    this.steps.shift()?.();
  }

  checkpoint(): Uint8Array {
    const manifest = this.machine.checkpoints.freeze();
    while (!this.machine.checkpoints.writeSlice({ maxBytes: 200, maxRows: 3 }));
    this.machine.checkpoints.finish();
    this.database.commit();
    return manifest;
  }

  install(source: Member, manifest: Uint8Array): void {
    const { machine } = source;
    let cursor: Uint8Array | undefined = new Uint8Array(0);
    const index = machine.appliedIndex;
    this.machine.transfers.openStaging({ source: 1, index, term: 1, manifestCrc: index });
    while (cursor) {
      const chunk = machine.transfers.exportChunk(manifest, cursor, 100);
      this.machine.transfers.stageChunk(chunk.bytes);
      cursor = chunk.nextCursor;
    }
    this.machine.install(manifest);
    this.service.installed();
    while (this.machine.checkpoints.releaseGeneration());
    this.database.commit();
  }
}

interface Watching {
  readonly begin: string;
  readonly end: string;
  readonly start: number;
  readonly lines: string[];
  last: number;
  compacted: number;
  /** Bytes that its client has not taken; it takes all at once when it is no longer slow. */
  waiting: number;
  slow: boolean;
  sent(bytes: number): void;
}

class WatchFixture {
  readonly leader = new Member(100_000_000);
  /** Three or four watches are too many for it in one turn. */
  readonly follower = new Member(20_000);
  readonly watchings: Watching[] = [];
  readonly events: Event[] = [];
  /** Entries the follower has not applied. */
  readonly lag: Uint8Array[] = [];
  #index = 0;

  do(body: Partial<Request>): void {
    this.#index += 1;
    const data = Request.encode(Request.create({ format: 1, ...body }));
    this.events.push(...this.leader.apply(this.#index, data).events);
    this.lag.push(data);
  }

  /** The follower applies what it lacks. */
  follow(count: number): void {
    for (const data of this.lag.splice(0, count)) {
      this.follower.apply(this.follower.machine.appliedIndex + 1, data);
    }
  }

  /** The leader compacts its log away: the follower needs its snapshot. */
  snapshot(): void {
    if (this.lag.length === 0) return;
    this.follower.install(this.leader, this.leader.checkpoint());
    this.lag.length = 0;
    const { machine } = this.follower;
    assert.equal(machine.status.fingerprint(), this.leader.machine.status.fingerprint());
  }

  watch(member: Member, begin: string, end: string, back: number): void {
    const { revision } = member.machine;
    const start = Math.max(1, revision + 1 - back);
    const watching: Watching = {
      ...{ begin, end, start, lines: [], last: 0, compacted: 0, waiting: 0, slow: true },
      sent: () => undefined,
    };
    const session = member.service.open("", {
      response: (bytes) => {
        watching.waiting += bytes.length;
        take(watching, WatchResponse.decode(bytes));
        if (!watching.slow) drain(watching);
      },
      closed: (_code, message) => assert.fail(message),
    });
    watching.sent = (bytes) => session.sent(bytes);
    const createRequest = watch(begin, end, { startRevision: start, prevKv: true });
    session.request(WatchRequest.encode(WatchRequest.create({ createRequest })));
    this.watchings.push(watching);
  }

  compact(keep: number): void {
    const revision = this.leader.machine.revision - keep;
    if (revision <= this.leader.machine.compactRevision || revision < 1) return;
    this.do({ compaction: CompactionRequest.create({ revision }) });
  }

  physical(member: Member): void {
    member.machine.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;
    while (!member.machine.checkpoints.compactSlice({ maxBytes: 1000, maxRows: 5 }));
    member.database.commit();
  }

  settle(): void {
    this.follow(this.lag.length);
    for (const watching of this.watchings) {
      watching.slow = false;
      drain(watching);
    }
    for (const { steps, service } of [this.leader, this.follower]) {
      service.flush();
      for (let step = steps.shift(); step; step = steps.shift()) step();
      assert.equal(service.hub.slowWatcherCount, 0);
    }
  }

  check({ begin, end, start, lines, compacted, last }: Watching): void {
    const owed = this.events.filter((event) => {
      const { key, modRevision } = keyValueOf(event);
      const name = byteString(key);
      if (modRevision < start) return false;
      return end === "" ? name === begin : name >= begin && (end === "\0" || name < end);
    });
    const bare = (line: string) => line.replace(/ was [^\]]*/, "");
    const expected = owed.map(eventLine);
    assert.deepEqual(lines.map(bare), expected.slice(0, lines.length).map(bare));
    lines.forEach((line, i) => {
      if (line.includes(" was ")) assert.equal(line, expected[i]);
    });
    if (compacted === 0) assert.equal(lines.length, expected.length, "events are missing");
    else assert.ok(last < compacted, "it was canceled without need");
  }
}

function drain(watching: Watching): void {
  watching.sent(watching.waiting);
  watching.waiting = 0;
}

function take(watching: Watching, response: WatchResponse): void {
  if (response.canceled) watching.compacted = response.compactRevision;
  for (const event of response.events) {
    const { modRevision } = keyValueOf(event);
    assert.ok(modRevision >= watching.last);
    watching.lines.push(eventLine(event));
  }
  const revisions = response.events.map((event) => keyValueOf(event).modRevision);
  assert.ok(!revisions.includes(watching.last), "a revision came in two messages");
  watching.last = Math.max(watching.last, ...revisions);
}

const key = fc.constantFrom("a", "b", "c", "d");
const command = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant("put" as const), key, fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("delete" as const), key, fc.nat(2)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("txn" as const), key, fc.nat(9)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("revoke" as const), key, fc.nat(9)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("watch leader" as const), key, fc.nat(15)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("watch follower" as const), key, fc.nat(15)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("drain" as const), key, fc.nat(30)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("step" as const), key, fc.nat(1)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("follow" as const), key, fc.nat(9)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("compact" as const), key, fc.nat(6)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("physical" as const), key, fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("checkpoint" as const), key, fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("snapshot" as const), key, fc.nat(0)) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const put = (name: string, n: number, lease = 0n) =>
  PutRequest.create({ key: bytesOf(name), value: bytesOf(`${n}`), lease });

function run(world: WatchFixture, [what, name, n]: Command): void {
  const member = n === 0 ? world.follower : world.leader;
  const { leases } = world.leader.machine;
  const lease = BigInt(n % 3);
  if (what === "put") {
    if (lease > 0n && !leases.has(lease)) {
      world.do({ leaseGrant: LeaseGrantRequest.create({ ID: lease, TTL: 60 }) });
    }
    world.do({ put: put(name, n, lease) });
  } else if (what === "delete") {
    const rangeEnd = bytesOf(["", "\0", "d"][n] ?? "");
    world.do({ deleteRange: DeleteRangeRequest.create({ key: bytesOf(name), rangeEnd }) });
  } else if (what === "txn") {
    const next = String.fromCharCode(name.charCodeAt(0) + 1);
    const requestDeleteRange = DeleteRangeRequest.create({ key: bytesOf(next) });
    const success = [
      RequestOp.create({ requestPut: put(name, n) }),
      RequestOp.create({ requestDeleteRange }),
    ];
    world.do({ txn: TxnRequest.create({ success }) });
  } else if (what === "revoke") {
    if (leases.has(lease)) world.do({ leaseRevoke: LeaseRevokeRequest.create({ ID: lease }) });
  } else if (what === "watch leader") world.watch(world.leader, name, "\0", n);
  else if (what === "watch follower") world.watch(world.follower, "a", name, n);
  else if (what === "drain") {
    const watching = world.watchings[n % Math.max(1, world.watchings.length)];
    if (watching) drain(watching);
  } else if (what === "step") member.step();
  else if (what === "follow") world.follow(n);
  else if (what === "compact") world.compact(n);
  else if (what === "physical") world.physical(member);
  else if (what === "checkpoint") member.checkpoint();
  else world.snapshot();
}

test("on a leader, and on a follower that installs snapshots, no watch misses or repeats", (t) => {
  holds(
    t,
    fc.property(fc.array(command, { maxLength: 150, size: "max" }), (commands) => {
      const world = new WatchFixture();
      for (const each of commands) run(world, each);
      world.settle();
      for (const watching of world.watchings) world.check(watching);
      const { leader, follower } = world;
      assert.equal(leader.machine.status.fingerprint(), follower.machine.status.fingerprint());
      assert.equal(
        leader.machine.status.recomputeFingerprint(),
        leader.machine.status.fingerprint(),
      );
    }),
    { numRuns: 150 },
  );
});
