import { DurableObject } from "cloudflare:workers";
import { Front } from "../../src/api/front.ts";
import { platform } from "../../src/api/platform.ts";
import type { Header, MemberRpc, MemberStatus } from "../../src/node/rpc.ts";
import { decodeProposeRequest, encodeAnswer } from "../../src/node/rpc-codec.ts";
import {
  PutResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
} from "../../src/proto/generated/etcd.ts";
import { Request as KvRequest, Response as KvResponse } from "../../src/proto/generated/kv.ts";
import worker, { RaftMember } from "../../src/worker.ts";

export { RaftMember };

interface Bindings {
  readonly PLAIN: DurableObjectNamespace<PlainStore>;
}

const where: Header = {
  clusterId: 1n,
  memberId: 1,
  revision: 1,
  raftTerm: 1,
  appliedIndex: 1,
  leader: 1,
};

/** One object, no replication: a put is one row. What a member's put is compared with. */
export class PlainStore extends DurableObject {
  #revision = 0;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    const table = "kv (key BLOB PRIMARY KEY, value BLOB, revision INTEGER) WITHOUT ROWID";
    ctx.storage.sql.exec(`CREATE TABLE IF NOT EXISTS ${table}`);
  }

  /** A put as the front sends it: a transaction of one operation. */
  async propose(bytes: Uint8Array): Promise<Uint8Array> {
    const { txn } = KvRequest.decode(decodeProposeRequest(bytes).request);
    const put = txn?.success[0]?.requestPut;
    if (put === undefined) throw new Error("only puts are compared");
    this.#revision += 1;
    this.ctx.storage.sql.exec(
      "INSERT OR REPLACE INTO kv (key, value, revision) VALUES (?, ?, ?)",
      put.key,
      put.value,
      this.#revision,
    );
    const header = ResponseHeader.create({ revision: this.#revision });
    const responses = [ResponseOp.create({ responsePut: PutResponse.create({ header }) })];
    const answer = TxnResponse.create({ header, succeeded: true, responses });
    const response = KvResponse.encode(KvResponse.create({ txn: answer }));
    return encodeAnswer({ kind: "ok", header: where, response });
  }

  /** The router asks once, for the index that it may name. */
  async status(): Promise<Pick<MemberStatus, "header" | "members">> {
    return { header: where, members: [] };
  }

  async noop(bytes: Uint8Array): Promise<Uint8Array> {
    return bytes;
  }
}

function plainFront({ PLAIN }: Bindings): Front {
  const config = { development: true, token: "", hostSuffix: "", initialMembers: [1] };
  return new Front(config, {
    member: () => PLAIN.get(PLAIN.idFromName("plain")) as unknown as MemberRpc,
    ...platform,
    upgrade: () => {
      throw new Error("nothing is upgraded here");
    },
  });
}

/** Requests to the cluster of this name go to the one plain object. */
const plainCluster = "plain";
let plain: Front | undefined;
const nothing = new Uint8Array(16);

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/bench/noop")) {
      const { PLAIN } = bindings as unknown as Bindings;
      await PLAIN.get(PLAIN.idFromName("plain")).noop(nothing);
      return new Response("{}");
    }
    if (request.headers.get("x-cluster") === plainCluster) {
      plain ??= plainFront(bindings as unknown as Bindings);
      return plain.handle(request, (work) => context.waitUntil(work));
    }
    return worker.fetch(request, bindings, context);
  },
} satisfies ExportedHandler<Parameters<typeof worker.fetch>[1]>;
