import type { PeerMethod } from "../../../../src/node/world/environment.ts";
import { objectName } from "../../../../src/rpc/topology.ts";
import { seamPath } from "../../e2e/seam/faults.ts";
import breakable, { RaftMember as Breakable } from "../../e2e/worker.ts";
import { type Mistake, mistakeOf } from "./broken.ts";
import { answeredByHeader, type ClientMethod, parseMemberPath, toJson } from "./paths.ts";
import { spreadNamespace, witnesses } from "./spread.ts";

/**
 * The Worker of the end-to-end tests, for a cluster whose members live in several processes, so
 * that each can be killed and paused alone. Tells which instance of a member answered.
 */
type Bindings = ConstructorParameters<typeof Breakable>[1] & {
  /** JSON: the URL of each member's process in the order of ids; "" for those in this one. */
  readonly PROCESSES?: string;
  /** The mistake that all members make. */
  readonly MISTAKE?: string;
};

export class RaftMember extends Breakable {
  readonly #name: string;
  readonly #mistake: Mistake;

  constructor(ctx: DurableObjectState, bindings: Bindings) {
    super(ctx, spread(bindings));
    const [, id] = (ctx.id.name ?? "").split("/");
    this.#name = `m${id}.${crypto.randomUUID().slice(0, 8)}`;
    this.#mistake = mistakeOf(bindings.MISTAKE ?? "");
  }

  override propose(request: Uint8Array): Promise<Uint8Array> {
    return this.#mistake.propose?.(request, this.#right) ?? super.propose(request);
  }

  override query(request: Uint8Array): Promise<Uint8Array> {
    return this.#mistake.query?.(request, this.#right) ?? super.query(request);
  }

  /** The answer, and the instance that gives it. */
  async answer(method: ClientMethod, request: Uint8Array) {
    return { bytes: await this[method](request), by: this.#name };
  }

  get #right() {
    return {
      propose: (request: Uint8Array) => super.propose(request),
      query: (request: Uint8Array) => super.query(request),
      status: () => super.status(),
    };
  }
}

const known = new WeakMap<Bindings, Bindings>();

/** The bindings with all members of all processes. The same ones for the same ones. */
function spread(bindings: Bindings): Bindings {
  const made = known.get(bindings);
  if (made !== undefined) return made;
  const processes = JSON.parse(bindings.PROCESSES ?? "[]") as readonly string[];
  const namespace = bindings.MEMBER as unknown as DurableObjectNamespace<RaftMember>;
  const MEMBER = spreadNamespace(namespace, processes) as unknown as Bindings["MEMBER"];
  const whole = { ...bindings, MEMBER };
  known.set(bindings, whole);
  return whole;
}

/** For a member of this process: what a client or another process asks of it. */
async function atMember(bindings: Bindings, request: Request): Promise<Response | undefined> {
  const path = parseMemberPath(new URL(request.url).pathname);
  if (path === undefined) return undefined;
  const namespace = bindings.MEMBER as unknown as DurableObjectNamespace<RaftMember>;
  const stub = namespace.get(namespace.idFromName(objectName("default", path.id)));
  const body = async () => new Uint8Array(await request.arrayBuffer());
  switch (path.what) {
    case "socket":
      return stub.fetch("https://member/raft", { headers: { upgrade: "websocket" } });
    case "peer":
      return new Response(await stub.peerCall(path.method as PeerMethod, await body()));
    case "client": {
      const { bytes, by } = await stub.answer(path.method as ClientMethod, await body());
      return new Response(bytes, { headers: { [answeredByHeader]: by } });
    }
    case "status":
      return new Response(toJson(await stub.status()));
  }
}

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === seamPath) return breakable.fetch(request, bindings, context);
    try {
      const answered = await atMember(bindings, request);
      if (answered !== undefined) return answered;
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
    const by = new Set<string>();
    const response = await witnesses.run(by, () =>
      breakable.fetch(request, spread(bindings), context),
    );
    if (response.webSocket !== null) return response;
    const headers = new Headers(response.headers);
    headers.set(answeredByHeader, [...by].join(" "));
    return new Response(response.body, { status: response.status, headers });
  },
} satisfies ExportedHandler<Bindings>;
