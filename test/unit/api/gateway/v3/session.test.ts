import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../../../src/api/base/error.ts";
import type {
  ClusterClient,
  QueryBody,
  RequestBody,
} from "../../../../../src/api/cluster/client.ts";
import { ClusterView } from "../../../../../src/api/cluster/view.ts";
import { methods } from "../../../../../src/api/gateway/v3/index.ts";
import { withoutCodes } from "../../../../../src/api/gateway/v3/session.ts";
import { Context } from "../../../../../src/api/http/context.ts";
import { type ErrorKind, errors } from "../../../../../src/etcd/errors.ts";
import { lengthPrefixed, sameBytes } from "../../../../../src/proto/bytes.ts";
import {
  Event,
  EventType,
  KeyValue,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from "../../../../../src/proto/generated/etcd.ts";
import { Response } from "../../../../../src/proto/generated/kv.ts";
import { utf8 } from "../../../../support/bytes.ts";
import { header } from "../../support/members.ts";

const never = new Promise<void>(() => undefined);

/** A cluster in which somebody else's key is older, and is never deleted. */
function held() {
  const proposed: RequestBody[] = [];
  const reply = (body: Partial<Response>) => ({
    header: header(1),
    response: Response.create(body),
  });
  const older = KeyValue.create({ key: utf8("lk/1"), createRevision: 2 });
  const range = RangeResponse.create({
    header: ResponseHeader.create({ revision: 5 }),
    kvs: [older],
  });
  const own = KeyValue.create({ key: utf8("lk/2"), createRevision: 5 });
  const mine = RangeResponse.create({
    header: ResponseHeader.create({ revision: 5 }),
    kvs: [own],
  });
  const { promise: watched, resolve: watching } = Promise.withResolvers<void>();
  const cluster: Partial<ClusterClient> = {
    async propose(body: RequestBody) {
      proposed.push(body);
      const txn = TxnResponse.create({
        header: ResponseHeader.create({ revision: 5 }),
        succeeded: true,
        responses: [ResponseOp.create(), ResponseOp.create({ responseRange: range })],
      });
      return reply({ txn });
    },
    async query({ range: asked }: QueryBody) {
      return reply({ range: sameBytes(asked?.key ?? older.key, own.key) ? mine : range });
    },
    async watch() {
      watching();
      const responses = new ReadableStream<Uint8Array>({ pull: () => never });
      return { header: header(1), responses, control: { request: async () => undefined } };
    },
  };
  return { cluster: cluster as ClusterClient, proposed, watched };
}

for (const [path, json] of [
  ["lock/lock", { name: "bGs=", lease: "2" }],
  ["election/campaign", { name: "bGs=", lease: "2", value: "" }],
] as const) {
  for (const when of ["while it waits", "before it waits"] as const) {
    test(`${path}: the key of a client that goes away ${when} is deleted`, async () => {
      const { cluster, proposed, watched } = held();
      const client = new AbortController();
      const kept: Promise<unknown>[] = [];
      const context = new Context({
        ...{ cluster, view: new ClusterView([1]), random: (n: number) => new Uint8Array(n) },
        clock: { now: () => 0, after: () => () => undefined },
        ...{ token: "", origin: "", deadlineMs: undefined, needsLeader: false },
        signal: () => client.signal,
        waitUntil: (work) => void kept.push(work),
      });
      const method = methods.get(path);
      assert.ok(method?.kind === "unary");
      const answer = method.answer(context, JSON.stringify(json));
      assert.ok(kept.length > 0, "the platform is told to let it come to its end");
      if (when === "while it waits") await watched;
      client.abort();
      await assert.rejects(answer as Promise<unknown>, /context canceled/);
      await Promise.all(kept);
      const last = proposed.at(-1)?.txn?.success[0]?.requestDeleteRange;
      assert.deepEqual(last?.key, utf8("lk/2"));
    });
  }
}

/** A member's watch stream that tells of every watched key's deletion as soon as it is watched. */
function deletingStream(deletes: string, watched: string[]) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const responses = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
  });
  const send = (fields: Partial<WatchResponse>) => {
    const told = ResponseHeader.create({ revision: 6 });
    const message = WatchResponse.encode(WatchResponse.create({ header: told, ...fields }));
    controller?.enqueue(lengthPrefixed([message]));
  };
  const request = async (encoded: Uint8Array) => {
    const { createRequest } = WatchRequest.decode(encoded);
    if (createRequest === undefined) return;
    const { key, watchId } = createRequest;
    watched.push(new TextDecoder().decode(key));
    send({ watchId, created: true });
    if (!sameBytes(key, utf8(deletes))) return;
    const kv = KeyValue.create({ key, modRevision: 6 });
    send({ watchId, events: [Event.create({ type: EventType.DELETE, kv })] });
  };
  return { header: header(1), responses, control: { request } };
}

for (const [path, json, expired] of [
  ["lock/lock", { name: "bGs=", lease: "2" }, "mutex: session is expired"],
  ["election/campaign", { name: "bGs=", lease: "2", value: "" }, "election: not leader"],
] as const) {
  for (const ends of ["lk/2", "lk/1"]) {
    test(`${path}: after ${ends} was deleted it looks again, for its own key too`, async () => {
      const { cluster, proposed } = held();
      const watched: string[] = [];
      let looks = 0;
      let gone = false;
      const client: Partial<ClusterClient> = {
        propose: (body, call) => cluster.propose(body, call),
        async query(body, consistency, call) {
          const own = sameBytes(body.range?.key ?? utf8(""), utf8("lk/2"));
          if (own) looks += 1;
          const nothing = Response.create({ range: RangeResponse.create() });
          if (gone) return { header: header(1), response: nothing };
          return cluster.query(body, consistency, call);
        },
        async watch() {
          gone = true;
          return deletingStream(ends, watched);
        },
      };
      const context = new Context({
        cluster: client as ClusterClient,
        ...{ view: new ClusterView([1]), random: (n: number) => new Uint8Array(n) },
        clock: { now: () => 0, after: () => () => undefined },
        ...{ token: "", origin: "", deadlineMs: undefined, needsLeader: false },
        signal: () => new AbortController().signal,
        waitUntil: () => undefined,
      });
      const method = methods.get(path);
      assert.ok(method?.kind === "unary");
      const answer = method.answer(context, JSON.stringify(json));
      await assert.rejects(answer as Promise<unknown>, new RegExp(expired));
      assert.deepEqual(watched, ["lk/1", "lk/2"]);
      assert.equal(looks, 2);
      // A key that another session made since is not this one's to delete.
      const last = proposed.at(-1)?.txn;
      assert.equal(last?.compare[0]?.createRevision, 5);
    });
  }
}

test("a lock strips etcd's errors of their codes, and those of a full front not", async () => {
  const httpStatus = async (kind: ErrorKind) => {
    const work = withoutCodes(Promise.reject(ApiError.of(kind)));
    return work.then(
      () => assert.fail(),
      (error: ApiError) => error.httpStatus,
    );
  };
  assert.equal(await httpStatus(errors.leaseNotFound), 500);
  assert.equal(await httpStatus(errors.noSpace), 500);
  assert.equal(await httpStatus(errors.tooManyAnswers), 429);
  assert.equal(await httpStatus(errors.tooManyOpen), 429);
});
