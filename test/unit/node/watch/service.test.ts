import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import { GrpcCode } from "../../../../src/etcd/grpc-code.ts";
import { WatchBudget } from "../../../../src/node/watch/budget.ts";
import { WatchService } from "../../../../src/node/watch/service.ts";
import type { WatchCreateRequest } from "../../../../src/proto/generated/etcd.ts";
import { WatchRequest, WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import { headerAt, line, ModelHistory, watch } from "../../kv/watch/model.ts";

class ServiceFixture {
  readonly store = new ModelHistory();
  readonly steps: (() => void)[] = [];
  readonly budget = new WatchBudget(2_000_000, 256 * 1024);
  readonly service = new WatchService({
    history: this.store,
    budget: this.budget,
    header: headerAt,
    userOf: () => "",
    authorize: (token) => {
      if (token === "stranger") throw new KvError(errors.permissionDenied);
      if (token === "old") throw new KvError(errors.invalidAuthToken);
    },
    soon: (step) => this.steps.push(step),
  });

  put(key: string, value: string): void {
    const events = this.store.write([[key, value]]);
    this.service.applied(this.store.revision, events);
    this.service.flush();
  }

  open(token = "") {
    const lines: string[] = [];
    const client = { lines, waiting: 0, take: () => lines.splice(0) };
    const session = this.service.open(token, {
      response: (bytes) => {
        lines.push(line(WatchResponse.decode(bytes)));
        client.waiting += bytes.length;
      },
      closed: (code, message) => lines.push(`closed ${code} ${message}`),
    });
    const create = (request: WatchCreateRequest) =>
      session.request(WatchRequest.encode(WatchRequest.create({ createRequest: request })));
    return Object.assign(client, { session, create });
  }

  run(): void {
    for (let step = this.steps.shift(); step; step = this.steps.shift()) step();
  }
}

test("requests come encoded, and so do responses", () => {
  const world = new ServiceFixture();
  const { session, create, take } = world.open();
  create(watch("k"));
  world.put("k", "a");
  const ask = (fields: Partial<WatchRequest>) =>
    session.request(WatchRequest.encode(WatchRequest.create(fields)));
  ask({ progressRequest: {} });
  ask({ cancelRequest: { watchId: 0n } });
  ask({});
  assert.deepEqual(take(), ["0@1 created", "0@2 [k=a #2]", "-1@2", "0@2 canceled"]);
});

test("who may not watch is told so as gRPC would", () => {
  const world = new ServiceFixture();
  const stranger = world.open("stranger");
  const old = world.open("old");
  stranger.create(watch("k"));
  old.create(watch("k"));
  const denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
  const invalid = "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token";
  assert.deepEqual(stranger.take(), [`-1@1 created canceled (${denied})`]);
  assert.deepEqual(old.take(), [`-1@1 created canceled (${invalid})`]);
});

test("catching up happens in turns of its own, one slice each", () => {
  const world = new ServiceFixture();
  for (let i = 0; i < 2500; i += 1) world.put("k", `${i}`);
  const { create, lines } = world.open();
  create(watch("k", "", { startRevision: 2 }));
  assert.equal(lines.length, 1);
  for (const expected of [2, 3, 4]) {
    world.steps.shift()?.();
    assert.equal(lines.length, expected);
  }
  assert.equal(world.steps.length, 0);
  assert.ok(!world.service.hub.pending);
});

test("a slow client goes on where it was once it has drained", () => {
  const world = new ServiceFixture();
  const client = world.open();
  const taken = (part: number) => {
    const bytes = Math.floor(client.waiting * part);
    client.waiting -= bytes;
    client.session.sent(bytes);
    world.run();
  };
  client.create(watch("k"));
  const huge = "x".repeat(256 * 1024);
  world.put("k", huge);
  world.put("k", "a");
  world.put("k", "b");
  world.run();
  assert.deepEqual(client.take(), ["0@1 created", `0@2 [k=${huge} #2]`]);
  taken(0.1);
  assert.deepEqual(client.take(), []);
  taken(0.6);
  assert.deepEqual(client.take(), ["0@4 [k=a #3] [k=b #4]"]);
  world.put("k", "c");
  assert.deepEqual(client.take(), ["0@5 [k=c #5]"]);
});

test("what one turn changed reaches a watch in one response", () => {
  const world = new ServiceFixture();
  const { create, take } = world.open();
  create(watch("k"));
  create(watch("k", "", { startRevision: 3 }));
  take();
  for (const value of ["a", "b"]) {
    world.service.applied(world.store.revision + 1, world.store.write([["k", value]]));
  }
  assert.deepEqual(take(), []);
  world.service.flush();
  assert.deepEqual(take(), ["0@3 [k=a #2] [k=b #3]", "1@3 [k=b #3]"]);
});

test("a turn that changes much is told in several responses", () => {
  const world = new ServiceFixture();
  const client = world.open();
  client.create(watch("k", "l"));
  for (let i = 0; i < 3; i += 1) world.store.write([[`k${i}`, "x".repeat(120_000)]]);
  world.store.write([["k3", "x"]]);
  for (const event of world.store.all()) world.service.applied(event.kv?.modRevision ?? 0, [event]);
  assert.equal(client.take().length, 2);
  client.session.sent(client.waiting);
  world.service.flush();
  world.run();
  assert.equal(client.take().length, 1);
});

test("a request in the middle of a turn finds all that was applied before it", () => {
  const world = new ServiceFixture();
  const { create, take } = world.open();
  world.service.applied(2, world.store.write([["k", "a"]]));
  create(watch("k"));
  world.service.flush();
  assert.deepEqual(take(), ["0@2 created"]);
});

test("clients that do not read are many, and hold up nobody who does", () => {
  const world = new ServiceFixture();
  const deaf = Array.from({ length: 300 }, () => world.open());
  for (const { create } of deaf) create(watch("k"));
  const reader = world.open();
  reader.create(watch("k"));
  const value = "x".repeat(1_000);
  for (let i = 0; i < 500; i += 1) {
    world.put("k", value);
    reader.session.sent(reader.waiting);
    reader.waiting = 0;
    world.run();
  }
  assert.ok(world.budget.usedBytes < 3_000_000, `${world.budget.usedBytes}`);
  assert.equal(world.service.hub.slowWatcherCount, 300);
  assert.equal(reader.take().length, 501);
});

test("a stream that ends holds nothing of the budget, whatever is said of it later", () => {
  const world = new ServiceFixture();
  const { create, session } = world.open();
  create(watch("k"));
  assert.ok(world.budget.usedBytes > 0);
  session.close();
  session.sent(5);
  assert.equal(world.budget.usedBytes, 0);
});

test("after an installation watches catch up by themselves", () => {
  const world = new ServiceFixture();
  const { create, take } = world.open();
  create(watch("k"));
  world.store.write([["k", "a"]]);
  world.service.installed();
  world.run();
  assert.deepEqual(take(), ["0@1 created", "0@2 [k=a #2]"]);
});

test("garbage ends its stream, and a member that stops ends all", () => {
  const world = new ServiceFixture();
  const [bad, other] = [world.open(), world.open()];
  for (const { create } of [bad, other]) create(watch("k"));
  bad.session.request(Uint8Array.of(0xff, 0xff));
  bad.create(watch("k"));
  assert.match(bad.lines.at(-1) ?? "", /^closed 3 WatchRequest: /);
  assert.equal(world.service.hub.watcherCount, 1);
  world.service.closeAll(GrpcCode.Unavailable, "etcdserver: server stopped");
  other.session.close();
  other.session.sent(other.waiting);
  assert.equal(other.lines.at(-1), "closed 14 etcdserver: server stopped");
  assert.equal(world.service.hub.streamCount, 0);
});

test("there are only so many streams", () => {
  const world = new ServiceFixture();
  for (let i = 0; i < 4096; i += 1) world.open();
  assert.deepEqual(world.open().lines, ["closed 8 etcdserver: too many watch streams"]);
  assert.equal(world.service.hub.streamCount, 4096);
});

test("progress comes with the member's ticks", () => {
  const world = new ServiceFixture();
  const { create, take } = world.open();
  create(watch("k", "", { progressNotify: true }));
  world.service.tick(0);
  world.service.tick(600_000);
  assert.deepEqual(take(), ["0@1 created", "0@1"]);
});

test("a watch of more than 64 KiB, or of too many bytes, is refused with the reason", () => {
  const world = new ServiceFixture();
  const { create, take, lines } = world.open();
  create(watch("k".repeat(65_537)));
  create(watch("k", "l".repeat(65_537)));
  const large = "rpc error: code = InvalidArgument desc = etcdserver: ";
  const refused = `-1@1 created canceled (${large}key or range_end of a watch is too large)`;
  assert.deepEqual(take(), [refused, refused]);
  for (let i = 0; i < 200; i += 1) create(watch(`${i}`.padEnd(65_536)));
  assert.match(lines.at(-1) ?? "", /canceled .*too many bytes of keys are watched/);
  assert.ok(world.service.hub.watcherCount < 80, `${world.service.hub.watcherCount}`);
});

test("a stream whose client says nothing for 90 s ends, and one that does stays", () => {
  const world = new ServiceFixture();
  const [silent, alive] = [world.open(), world.open()];
  for (const { create } of [silent, alive]) create(watch("k"));
  const nothing = WatchRequest.encode(WatchRequest.create());
  for (let second = 1; second <= 91; second += 1) {
    if (second % 30 === 0) alive.session.request(nothing);
    world.service.tick(second * 1_000);
  }
  assert.match(silent.lines.at(-1) ?? "", /^closed 14 .*silent/);
  assert.deepEqual(alive.take(), ["0@1 created"]);
  assert.deepEqual([world.service.hub.streamCount, world.service.hub.watcherCount], [1, 1]);
});

test("a stream that ends gives back what its watches had", () => {
  const world = new ServiceFixture();
  for (let i = 0; i < 30; i += 1) {
    const { create, session, lines } = world.open();
    for (let j = 0; j < 10; j += 1) create(watch(`${j}`.padEnd(60_000)));
    assert.equal(lines.length, 10);
    assert.ok(lines.every((one) => one.endsWith(" created")));
    session.request(WatchRequest.encode(WatchRequest.create({ cancelRequest: { watchId: 3n } })));
    session.close();
  }
});

test("an entry of many bytes is not told to all at once, however many watch it", () => {
  const world = new ServiceFixture();
  const clients = Array.from({ length: 100 }, () => world.open());
  for (const { create } of clients) create(watch("k"));
  world.put("k", "x".repeat(1_000_000));
  world.run();
  const served = () => clients.filter(({ lines }) => lines.length > 1).length;
  const most = 2_000_000 + 8_000_000 + 100 * 2_048;
  assert.ok(served() > 0 && world.budget.usedBytes < most, `${world.budget.usedBytes}`);
  assert.ok(world.service.hub.waitingForRoom > 80);
  for (let round = 0; round < 100; round += 1) {
    for (const client of clients) {
      if (client.waiting > 0) client.session.sent(client.waiting);
      client.waiting = 0;
    }
    world.run();
    assert.ok(world.budget.usedBytes < most, `${world.budget.usedBytes}`);
  }
  assert.equal(served(), 100);
  assert.ok(clients.every(({ lines }) => lines.length === 2));
});

test("who takes no large response for 30 s ends where others wait for the room", () => {
  const world = new ServiceFixture();
  const deaf = Array.from({ length: 20 }, () => world.open());
  for (const { create } of deaf) create(watch("k"));
  world.put("k", "x".repeat(1_000_000));
  world.run();
  const last = world.open();
  last.create(watch("k", "", { startRevision: 2 }));
  world.run();
  assert.equal(last.take().length, 1);
  const nothing = WatchRequest.encode(WatchRequest.create());
  for (let second = 1; last.lines.length === 0; second += 1) {
    assert.ok(second < 200, "it is not served");
    for (const { session } of [...deaf, last]) session.request(nothing);
    world.service.tick(second * 1_000);
    world.run();
  }
  assert.ok(last.lines[0]?.startsWith("0@2 [k=xxx"));
  const ended = deaf.filter(({ lines }) => /^closed 14 .*too slowly/.test(lines.at(-1) ?? ""));
  assert.ok(ended.length > 0);
});
