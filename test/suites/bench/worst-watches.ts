/** What watches cost: the longest turn of a member while it serves the worst of each kind. */

import { watchLimits } from "../../../src/kv/watch/room.ts";
import { WatchBudget } from "../../../src/node/watch/budget.ts";
import { WatchService, type WatchSession } from "../../../src/node/watch/service.ts";
import { defaultTuning } from "../../../src/node/world/tuning.ts";
import {
  CompactionRequest,
  ResponseHeader,
  WatchCancelRequest,
  WatchCreateRequest,
  WatchRequest,
} from "../../../src/proto/generated/etcd.ts";
import type { Request } from "../../../src/proto/generated/kv.ts";
import { bytes, type Machine } from "../../unit/kv/support.ts";
import {
  boundedMachine,
  deletion,
  endOf,
  fill,
  keyOf,
  putOp,
  times,
} from "../../unit/kv/work/requests.ts";

/** Takes the longest turn of a kind in milliseconds, and what it came to. */
type Report = (kind: string, count: string, ms: number, ended: string) => void;

interface Client {
  readonly session: WatchSession;
  waiting: number;
}

/** A member's watches, whose clients read all that they are sent after each turn. */
class Watches {
  readonly machine: Machine;
  readonly #budget = new WatchBudget(defaultTuning.watchBytes, defaultTuning.watchStreamBytes);
  readonly #steps: (() => void)[] = [];
  readonly #clients: Client[] = [];
  readonly service: WatchService;
  longestMs = 0;
  mostWaiting = 0;
  responses = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.service = new WatchService({
      history: machine.state.history,
      budget: this.#budget,
      header: (revision) => ResponseHeader.create({ revision }),
      userOf: () => "",
      authorize: () => undefined,
      soon: (step) => this.#steps.push(step),
    });
  }

  open(streams: number): readonly WatchSession[] {
    return times(streams, () => {
      const session = this.service.open("", {
        response: ({ length }) => {
          client.waiting += length;
          this.responses += 1;
        },
        closed: (_code, message) => {
          throw new Error(message);
        },
      });
      const client: Client = { session, waiting: 0 };
      this.#clients.push(client);
      return session;
    });
  }

  ask(session: WatchSession, request: Partial<WatchRequest>): void {
    const data = WatchRequest.encode(WatchRequest.create(request));
    this.turn(() => session.request(data));
  }

  turn(run: () => void): void {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    this.longestMs = Math.max(this.longestMs, (user + system) / 1_000);
    this.mostWaiting = Math.max(this.mostWaiting, this.#budget.usedBytes);
    for (const client of this.#clients) {
      if (client.waiting > 0) client.session.sent(client.waiting);
      client.waiting = 0;
    }
  }

  /** Applies an entry, and tells the watches of it in a turn that is measured without applying. */
  apply(body: Partial<Request>): void {
    const { response, error, events } = this.machine.apply(body);
    if (response === undefined) throw error;
    this.turn(() => {
      this.service.applied(this.machine.state.revision, events);
      this.service.flush();
    });
  }

  /** Turns until there is nothing to do, or so many. */
  run(most = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < most; i++) {
      const step = this.#steps.shift();
      if (step === undefined) return;
      this.turn(step);
    }
  }

  forget(): void {
    [this.longestMs, this.mostWaiting, this.responses] = [0, 0, 0];
  }

  show(report: Report, kind: string, count: string): void {
    const mb = (this.mostWaiting / 1e6).toFixed(1);
    report(kind, count, this.longestMs, `${this.responses} responses, at most ${mb} MB wait`);
    this.forget();
  }
}

type Watched = (i: number) => Partial<WatchCreateRequest>;

const all = { key: bytes("k"), rangeEnd: bytes(endOf("k")) };

/** So many watches on a fourth as many streams, and what creating them took. */
function watching(machine: Machine, count: number, watched: Watched): Watches {
  const watches = new Watches(machine);
  const sessions = watches.open(Math.ceil(count / 4));
  for (let i = 0; i < count; i++) {
    const session = sessions[i % sessions.length];
    const createRequest = WatchCreateRequest.create(watched(i));
    if (session) watches.ask(session, { createRequest });
  }
  return watches;
}

const steps = 100;

/** 50,000 keys are deleted at once, and so many watch them. */
function deletions(report: Report): void {
  const { maxWatches } = watchLimits;
  const machine = () => {
    const filled = boundedMachine();
    fill(filled, { prefix: "k", count: 50_000, keyBytes: 100, valueBytes: 400 });
    return filled;
  };
  const kinds: readonly (readonly [string, number, Watched])[] = [
    ["of all", maxWatches, () => all],
    ["of all, no two alike", maxWatches, (i) => ({ ...all, key: bytes(`k${"0".repeat(i % 7)}`) })],
    ["of all, nothing of it wanted", maxWatches, () => ({ ...all, filters: [1, 0] })],
    ["of all, with prev_kv", maxWatches, () => ({ ...all, prevKv: true })],
    ["of all, in fragments, with prev_kv", 10, () => ({ ...all, prevKv: true, fragment: true })],
    ["of one key each", maxWatches, (i) => ({ key: bytes(keyOf("k", i * 5, 100)) })],
  ];
  for (const [kind, count, watched] of kinds) {
    const watches = watching(machine(), count, watched);
    watches.forget();
    watches.apply({ deleteRange: deletion("k") });
    watches.run(steps);
    watches.show(report, `50,000 keys deleted, watches ${kind}`, `${count}`);
    watches.machine.checkpoint(2_000);
    const late = watching(watches.machine, count, (i) => ({
      ...watched(i),
      startRevision: watches.machine.state.revision,
    }));
    late.run(steps);
    late.show(report, `the same from history, watches ${kind}`, `${count}`);
  }
}

function large(report: Report): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 198, valueBytes: 1_000_000 });
  const watches = watching(machine, 100, () => ({ ...all, prevKv: true }));
  watches.apply({ deleteRange: deletion("k") });
  watches.run(steps);
  watches.show(report, "198 keys of 1 MB deleted, watches with prev_kv", "100");
  const hot = watching(machine, 10_000, () => all);
  hot.forget();
  hot.apply({ put: { ...putOf("k", 1_500_000) } });
  hot.run(steps);
  hot.show(report, "1.5 MB put to one key, watches", "10000");
  hot.apply({ put: { ...putOf("k", 100) } });
  hot.run();
  hot.show(report, "100 bytes put to one key, watches", "10000");
}

function putOf(key: string, size: number) {
  const { requestPut } = putOp({ key: bytes(key), value: new Uint8Array(size) });
  if (requestPut === undefined) throw new Error("no put");
  return requestPut;
}

/** Many that are created far in the past, or end at once. */
function many(report: Report): void {
  const machine = boundedMachine();
  fill(machine, { prefix: "k", count: 400_000 });
  const old = watching(machine, 10_000, (i) => ({ key: bytes(keyOf("k", i)), startRevision: 2 }));
  old.run(steps);
  old.show(report, "watches of one old key each, created and served", "10000");
  const ranges = watching(machine, 10_000, () => ({ ...all, startRevision: 2 }));
  ranges.run(steps);
  ranges.show(report, "watches of all from the first revision on", "10000");
  const one = new Watches(machine);
  const [session] = one.open(1);
  if (session === undefined) return;
  for (let i = 0; i < 10_000; i++) {
    const progressNotify = true;
    one.ask(session, { createRequest: WatchCreateRequest.create({ ...all, progressNotify }) });
  }
  for (let i = 0; i < 100; i++) one.ask(session, { progressRequest: {} });
  one.show(report, "watches created on one stream, and progress asked for", `${one.responses}`);
  one.turn(() => one.service.tick(0));
  one.turn(() => one.service.tick(600_000));
  one.show(report, "progress of watches that asked for it", `${one.service.hub.watcherCount}`);
  for (let i = 0n; i < 100n; i++) {
    one.ask(session, { cancelRequest: WatchCancelRequest.create({ watchId: i }) });
  }
  one.turn(() => session.close());
  one.show(report, "watches canceled, and a stream of them closed", "3000 and more");
  const compacted = watching(machine, 10_000, () => ({ ...all, startRevision: 2 }));
  compacted.forget();
  const revision = machine.state.revision;
  machine.does({ compaction: CompactionRequest.create({ revision }) });
  compacted.run();
  compacted.show(report, "watches canceled because of a compaction", "10000");
}

export function watchRows(report: Report): void {
  deletions(report);
  large(report);
  many(report);
}
