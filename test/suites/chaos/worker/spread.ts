import { AsyncLocalStorage } from "node:async_hooks";
import type { PeerMethod } from "../../../../src/node/world/environment.ts";
import type { MemberStatus } from "../../../../src/rpc/messages.ts";
import { rerouted } from "../../e2e/seam/namespace.ts";
import { answeredByHeader, type ClientMethod, fromText, memberPaths } from "./paths.ts";
import type { RaftMember } from "./worker.ts";

type Namespace = DurableObjectNamespace<RaftMember>;

/** Collects which instances answered while one request was carried out. */
export const witnesses = new AsyncLocalStorage<Set<string>>();

/**
 * The namespace as it would be if all members were objects of one: those of other processes are
 * reached by HTTP.
 *
 * @param processes the URL of each member's process, in the order of ids; "" for those in this one.
 */
export function spreadNamespace(namespace: Namespace, processes: readonly string[]): Namespace {
  return rerouted(namespace, (member, stub) => {
    const url = processes[member - 1] ?? "";
    return url === "" ? near(stub()) : far(member, url);
  });
}

function near(stub: DurableObjectStub<RaftMember>) {
  const ask = async (method: ClientMethod, request: Uint8Array) => {
    const { bytes, by } = await stub.answer(method, request);
    witnesses.getStore()?.add(by);
    return bytes;
  };
  return {
    propose: (request: Uint8Array) => ask("propose", request),
    query: (request: Uint8Array) => ask("query", request),
    status: () => stub.status(),
    watch: (token: string) => stub.watch(token),
    peerCall: (method: PeerMethod, body: Uint8Array) => stub.peerCall(method, body),
    fetch: (url: string, init: RequestInit) => stub.fetch(url, init),
  };
}

/** A member of another process: all that the others and a front ask of it, but no watches. */
function far(id: number, url: string) {
  const post = async (path: string, body: Uint8Array): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { method: "POST", body });
    if (!response.ok) throw new Error(`member ${id}: ${response.status} ${await response.text()}`);
    return response;
  };
  const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
  const ask = async (method: ClientMethod, request: Uint8Array) => {
    const response = await post(memberPaths.client(id, method), request);
    witnesses.getStore()?.add(response.headers.get(answeredByHeader) ?? "");
    return bytesOf(response);
  };
  return {
    propose: (request: Uint8Array) => ask("propose", request),
    query: (request: Uint8Array) => ask("query", request),
    status: async (): Promise<MemberStatus> => {
      const response = await post(memberPaths.status(id), new Uint8Array());
      return fromText<MemberStatus>(await response.text());
    },
    watch: async () => {
      throw new Error(`member ${id} is watched by way of its own process`);
    },
    peerCall: async (method: PeerMethod, body: Uint8Array) =>
      bytesOf(await post(memberPaths.peer(id, method), body)),
    fetch: (_: string, init: RequestInit) => fetch(`${url}${memberPaths.socket(id)}`, init),
  };
}
