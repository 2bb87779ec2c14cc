import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryBody, Reply } from "../../../src/api/cluster/client.ts";
import { Context } from "../../../src/api/context.ts";
import { ApiError } from "../../../src/api/status.ts";
import { pagesOf } from "../../../src/api/v3/kv.ts";
import { errors } from "../../../src/kv/errors.ts";
import type { Consistency } from "../../../src/node/rpc.ts";
import { RangeRequest, RangeResponse, ResponseHeader } from "../../../src/proto/generated/etcd.ts";
import { Response } from "../../../src/proto/generated/kv.ts";
import { header, JumpingClock, routerOf } from "../support/members.ts";

/** A cluster that answers three pages, and whose members may lag. */
function setUp(lags: boolean) {
  const asked: string[] = [];
  const { router, view } = routerOf([]);
  const query = async (body: QueryBody, consistency: Consistency): Promise<Reply> => {
    const { range, pageKey } = body;
    asked.push(`${pageKey?.[0] ?? 0} at ${range?.revision}: ${consistency}`);
    if (lags && consistency === "serializable") throw ApiError.of(errors.futureRevision);
    const page = pageKey?.[0] ?? 0;
    const answer = RangeResponse.create({ header: ResponseHeader.create({ revision: 9 }) });
    const nextKey = page < 2 ? Uint8Array.of(page + 1) : new Uint8Array();
    return { header: header(1), response: Response.create({ range: answer, nextKey }) };
  };
  const context = new Context({
    ...{ cluster: Object.assign(router, { query }), view, clock: new JumpingClock() },
    ...{ token: "", origin: "", needsLeader: false, deadlineMs: undefined },
    signal: () => new AbortController().signal,
    random: (length) => new Uint8Array(length),
    waitUntil: () => undefined,
  });
  return { context, asked };
}

async function pages(context: Context, request: Partial<RangeRequest>): Promise<number> {
  let count = 0;
  for await (const _ of pagesOf(context, RangeRequest.create(request))) count += 1;
  return count;
}

test("after the first page any member may answer, since the revision is known", async () => {
  const { context, asked } = setUp(false);
  assert.equal(await pages(context, {}), 3);
  assert.deepEqual(asked, ["0 at 0: linearizable", "1 at 9: serializable", "2 at 9: serializable"]);
});

test("a member that lags behind the revision asks the leader", async () => {
  const { context, asked } = setUp(true);
  assert.equal(await pages(context, {}), 3);
  assert.deepEqual(asked.slice(1), [
    ...["1 at 9: serializable", "1 at 9: linearizable"],
    ...["2 at 9: serializable", "2 at 9: linearizable"],
  ]);
});
