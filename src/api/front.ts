/** The front: every request from outside comes through here, and is answered here. */

import type { MemberRpc } from "../node/rpc.ts";
import { isClusterName } from "../node/topology.ts";
import { AuthStatusRequest } from "../proto/generated/etcd.ts";
import { GrpcCode } from "../proto/grpc-code.ts";
import type { Clock } from "./cluster/client.ts";
import { Router } from "./cluster/router.ts";
import { ClusterView } from "./cluster/view.ts";
import { Context, maxStrangerBytes, requestTimeoutMs } from "./context.ts";
import { AuthGate, credentialsOf, etcdToken, isTrusted } from "./http/access.ts";
import { clusterAdmin } from "./http/cluster.ts";
import { grpcTimeoutMs } from "./http/deadline.ts";
import { metricsPage } from "./http/metrics.ts";
import { health, probe, version } from "./http/probes.ts";
import { failure, notFound, plainly, preflight, respond, text } from "./http/respond.ts";
import { answerV3, routeOf, unknownPath, wrongMethod } from "./http/v3.ts";
import { type Socket, serveSocket } from "./http/websocket.ts";
import { plainKv } from "./plain/kv.ts";
import { ApiError, asApiError } from "./status.ts";

export interface FrontConfig {
  /** Everybody may come in: only `npm start` sets it. */
  readonly development: boolean;
  /** The deployment's token; "" lets nobody in. */
  readonly token: string;
  /** `.kv.example.com`: the label in front of it names the cluster. "" for none. */
  readonly hostSuffix: string;
  /** Ids of the members that a cluster is born with. */
  readonly initialMembers: readonly number[];
}

export interface FrontParts {
  /** A fresh way to a member of a cluster. */
  readonly member: (cluster: string, id: number) => MemberRpc;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  /** A WebSocket that is open, and the response that gives its other end to the client. */
  readonly upgrade: (headers: Record<string, string>) => { socket: Socket; response: Response };
}

/** What is remembered of a cluster between requests. */
interface Known {
  readonly view: ClusterView;
  readonly router: Router;
  readonly gate: AuthGate;
}

const defaultCluster = "default";
const maxKnown = 1_000;
/** Answered to everybody: clients ask these before they have a token. */
const openPaths = new Set(["/version", "/health", "/v3/auth/authenticate"]);

/** What members answer whoever asks. */
const answeredByAnybody = /^\/(?:v3\/(?:cluster|maintenance)\/|metrics$|debug\/|cluster(?:\/|$))/;

const strangerSendsTooMuch = async (): Promise<never> => {
  const text = `more than ${maxStrangerBytes} bytes from a client that is not known yet`;
  throw new ApiError(GrpcCode.ResourceExhausted, text);
};

/** Throws ApiError unless the client's etcd token is somebody's. */
async function proveToken(context: Context): Promise<void> {
  const authStatus = AuthStatusRequest.create();
  await context.cluster.query({ authStatus }, "serializable", context.call());
}

export class Front {
  readonly #config: FrontConfig;
  readonly #parts: FrontParts;
  readonly #known = new Map<string, Known>();

  constructor(config: FrontConfig, parts: FrontParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /**
   * The response to any request; never rejects. `waitUntil` takes what must be finished although
   * the client has gone away.
   */
  async handle(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
    try {
      const url = new URL(request.url);
      if (request.method === "OPTIONS") return preflight(url.pathname);
      const path = url.pathname.replace(/^\/v3beta\//, "/v3/");
      return await this.#answer(request, url, path, waitUntil);
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  async #answer(
    request: Request,
    url: URL,
    path: string,
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Response> {
    const given = credentialsOf(request);
    const trusted = isTrusted(this.#config, given);
    const known = this.#cluster(request, url);
    const open = openPaths.has(path) || /^\/(?:livez|readyz)(?:\/|$)/.test(path);
    if (!trusted && (!open || this.#config.token === "")) {
      await this.#passGate(known);
    }
    const { clock, random } = this.#parts;
    const timeoutMs = grpcTimeoutMs(request.headers.get("grpc-timeout"));
    const prove = open ? strangerSendsTooMuch : () => proveToken(context);
    const context: Context = new Context({
      ...{ cluster: known.router, view: known.view, clock, random, waitUntil },
      ...{ origin: url.origin, signal: () => request.signal },
      prove: trusted ? undefined : prove,
      token: open ? "" : etcdToken(this.#config, given, trusted),
      needsLeader: request.headers.get("grpc-metadata-hasleader") === "true",
      deadlineMs: timeoutMs === undefined ? undefined : clock.now() + timeoutMs,
    });
    if (!trusted && !open && answeredByAnybody.test(path)) await proveToken(context);
    if (path === "/v3") return respond(301, null, { location: "/v3/" });
    if (path.startsWith("/v3/")) {
      const webSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
      return webSocket ? this.#webSocket(context, request, path) : v3(context, request, path);
    }
    if (path === "/kv" || path.startsWith("/kv/")) return plainKv(context, request, url);
    if (path === "/cluster" || path.startsWith("/cluster/")) {
      return clusterAdmin(context, request, url);
    }
    return page(context, request, url, path);
  }

  async #passGate({ gate, router }: Known): Promise<void> {
    if (this.#config.token === "") {
      const reason = "no token is configured: set TOKEN, or run a development server";
      throw new ApiError(GrpcCode.Unauthenticated, reason);
    }
    const now = this.#parts.clock.now();
    await gate.pass(router, now, now + requestTimeoutMs);
  }

  #webSocket(context: Context, request: Request, path: string): Response {
    const route = routeOf(path);
    if (route === undefined) return failure(unknownPath);
    const offered = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
    const headers = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    const { socket, response } = this.#parts.upgrade(headers);
    context.waitUntil(serveSocket(context, route, socket));
    return response;
  }

  /** The cluster that the request names. Throws ApiError where it can be none. */
  #cluster(request: Request, url: URL): Known {
    const { hostSuffix } = this.#config;
    const hosted = hostSuffix !== "" && url.hostname.endsWith(hostSuffix);
    const byHost = hosted ? url.hostname.slice(0, -hostSuffix.length) : defaultCluster;
    const name = request.headers.get("x-cluster") ?? byHost;
    if (!isClusterName(name)) {
      const shown = name.slice(0, 80);
      throw new ApiError(GrpcCode.InvalidArgument, `no name of a cluster: ${shown}`);
    }
    const known = this.#known.get(name) ?? this.#open(name);
    // The least recently used are forgotten first.
    this.#known.delete(name);
    this.#known.set(name, known);
    return known;
  }

  #open(name: string): Known {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < maxKnown) break;
      this.#known.delete(oldest);
    }
    const { clock, random } = this.#parts;
    const view = new ClusterView(this.#config.initialMembers);
    const member = (id: number) => this.#parts.member(name, id);
    return { view, router: new Router({ view, member, clock, random }), gate: new AuthGate() };
  }
}

async function v3(context: Context, request: Request, path: string): Promise<Response> {
  const route = routeOf(path);
  if (route === undefined) return failure(unknownPath);
  if (request.method !== "POST") return failure(wrongMethod);
  return answerV3(context, route, request);
}

/** etcd's plain pages. */
async function page(context: Context, request: Request, url: URL, path: string): Promise<Response> {
  const isProbe = /^\/(?:livez|readyz)(?:\/|$)/.test(path);
  const exists = isProbe || ["/version", "/health", "/metrics", "/debug/vars"].includes(path);
  if (!exists) return notFound();
  if (request.method !== "GET") return plainly.methodNotAllowed("GET");
  if (isProbe) return probe(context, path, url.searchParams);
  if (path === "/version") return version();
  if (path === "/health") return health(context, url.searchParams);
  if (path === "/metrics") return metricsPage(context);
  return text(200, JSON.stringify({ cmdline: ["durable-raft"] }), {
    "content-type": "application/json; charset=utf-8",
  });
}
