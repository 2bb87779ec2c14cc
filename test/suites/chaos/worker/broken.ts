import { PutResponse, ResponseHeader } from "../../../../src/proto/generated/etcd.ts";
import { Request, Response } from "../../../../src/proto/generated/kv.ts";
import {
  decodeProposeRequest,
  decodeQueryRequest,
  encodeAnswer,
  encodeProposeRequest,
  encodeQueryRequest,
} from "../../../../src/rpc/codec.ts";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";

/** A member as it would be with a mistake in it, to see that somebody notices. */
export interface Mistake {
  propose?(request: Uint8Array, member: Right): Promise<Uint8Array>;
  query?(request: Uint8Array, member: Right): Promise<Uint8Array>;
}

/** The member as it is. */
interface Right {
  propose(request: Uint8Array): Promise<Uint8Array>;
  query(request: Uint8Array): Promise<Uint8Array>;
  status(): Promise<MemberStatus>;
}

export const mistakes = {
  /** Whoever is asked answers from what it has, without asking the others. */
  "stale-reads": {
    query(request, member) {
      const query = decodeQueryRequest(request);
      if (query.consistency !== "linearizable") return member.query(request);
      return member.query(encodeQueryRequest({ ...query, consistency: "serializable" }));
    },
  },
  /** A request that comes again is another one. */
  "forgetful-retries": {
    propose(request, member) {
      const { request: bytes, ...rest } = decodeProposeRequest(request);
      const body = Request.decode(bytes);
      const requestId = crypto.getRandomValues(new Uint8Array(16));
      const changed = Request.encode(Request.create({ ...body, requestId }));
      return member.propose(encodeProposeRequest({ ...rest, request: changed }));
    },
  },
  /** Puts are acknowledged before they are anywhere. */
  "early-acknowledgements": {
    async propose(request, member) {
      const { put } = Request.decode(decodeProposeRequest(request).request);
      const { header, role } = await member.status();
      const answer = member.propose(request);
      if (put === undefined || role !== "leader") return answer;
      answer.catch(() => undefined);
      const revision = header.revision + 1;
      const response = PutResponse.create({ header: ResponseHeader.create({ revision }) });
      const bytes = Response.encode(Response.create({ put: response }));
      return encodeAnswer({ kind: "ok", header: { ...header, revision }, response: bytes });
    },
  },
} as const satisfies Record<string, Mistake>;

export type MistakeName = keyof typeof mistakes;

/** The mistake that this Worker makes; none where the name is "". */
export function mistakeOf(name: string): Mistake {
  if (name === "") return {};
  if (!(name in mistakes)) throw new RangeError(`no mistake is called "${name}"`);
  return mistakes[name as MistakeName];
}
