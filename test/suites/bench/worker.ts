import { DurableObject } from "cloudflare:workers";
import { Front } from "../../../src/api/front.ts";
import { platform } from "../../../src/cloudflare/clock.ts";
import {
  type PutRequest,
  PutResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
} from "../../../src/proto/generated/etcd.ts";
import { Request as KvRequest, Response as KvResponse } from "../../../src/proto/generated/kv.ts";
import { decodeProposeRequest, encodeAnswer } from "../../../src/rpc/codec.ts";
import type { Header, MemberRpc, MemberStatus } from "../../../src/rpc/messages.ts";
import worker, { RaftMember } from "../../../src/worker.ts";

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

/** Objects that a put is compared with. Requests to the clusters of these names go to them. */
const plain = "plain";
const unwritten = "unwritten";

/**
 * One object, no replication: a put is one row. In the object named "unwritten" it is none: what
 * is left is the way there and back, and no put of whatever kind can take less.
 */
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
    if (this.ctx.id.name !== unwritten) this.#write(put);
    const header = ResponseHeader.create({ revision: this.#revision });
    const responses = [ResponseOp.create({ responsePut: PutResponse.create({ header }) })];
    const answer = TxnResponse.create({ header, succeeded: true, responses });
    const response = KvResponse.encode(KvResponse.create({ txn: answer }));
    return encodeAnswer({ kind: "ok", header: where, response });
  }

  #write({ key, value }: PutRequest): void {
    this.ctx.storage.sql.exec(
      "INSERT OR REPLACE INTO kv (key, value, revision) VALUES (?, ?, ?)",
      key,
      value,
      this.#revision,
    );
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
  const config = {
    development: true,
    token: "",
    hostSuffix: "",
    tokens: [],
    clusters: undefined,
    initialMembers: [1],
  };
  return new Front(config, {
    member: (cluster) => PLAIN.get(PLAIN.idFromName(cluster)) as unknown as MemberRpc,
    ...platform,
    upgrade: () => {
      throw new Error("nothing is upgraded here");
    },
  });
}

let front: Front | undefined;
const nothing = new Uint8Array(16);

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/bench/noop")) {
      const { PLAIN } = bindings as unknown as Bindings;
      await PLAIN.get(PLAIN.idFromName(plain)).noop(nothing);
      return new Response("{}");
    }
    const cluster = request.headers.get("x-cluster");
    if (cluster === plain || cluster === unwritten) {
      front ??= plainFront(bindings as unknown as Bindings);
      return front.handle(request, (work) => context.waitUntil(work));
    }
    return worker.fetch(request, bindings, context);
  },
} satisfies ExportedHandler<Parameters<typeof worker.fetch>[1]>;
