/** The front: every request from outside comes through here, and is answered here. */

import { errors } from "../etcd/errors.ts";
import { GrpcCode } from "../etcd/grpc-code.ts";
import { AuthStatusRequest } from "../proto/generated/etcd.ts";
import type { MemberRpc } from "../rpc/messages.ts";
import {
  type AccessConfig,
  AuthGate,
  type Credentials,
  credentialsOf,
  etcdToken,
  isConfigured,
  isTrusted,
} from "./access.ts";
import { clusterAdmin } from "./admin/membership.ts";
import { Answers } from "./base/answers.ts";
import type { Clock } from "./base/clock.ts";
import { ApiError, asApiError } from "./base/error.ts";
import { OpenRequests } from "./base/open-requests.ts";
import { clusterOf, type Naming } from "./cluster/naming.ts";
import { Router } from "./cluster/router.ts";
import { ClusterView } from "./cluster/view.ts";
import { answerV3, methodOf, unknownPath, wrongMethod } from "./gateway/http.ts";
import { serveSocket } from "./gateway/websocket.ts";
import { Context, requestTimeoutMs } from "./http/context.ts";
import { grpcTimeoutMs } from "./http/deadline.ts";
import { methodsOf, parametersOf } from "./http/methods.ts";
import { originOf } from "./http/origin.ts";
import { Outboxes, type Socket } from "./http/outbox.ts";
import type { Parameters } from "./http/parameters.ts";
import { checkPath } from "./http/path.ts";
import {
  failure,
  notFound,
  plainly,
  preflight,
  respond,
  text,
  withoutBody,
} from "./http/respond.ts";
import { metricsPage } from "./pages/metrics.ts";
import { health, probe, version } from "./pages/probes.ts";
import { plainKv } from "./plain/kv.ts";

export interface FrontConfig extends AccessConfig, Naming {
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

/** What the platform lets a request do with its own life. */
interface Lifetime {
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Ends it at once, with its connection; nothing of it runs any more. */
  readonly abort: (reason: string) => void;
}

/** What is remembered of a cluster between requests. */
interface Known {
  readonly view: ClusterView;
  readonly router: Router;
  readonly gate: AuthGate;
}

/** Clusters that one instance of the Worker remembers; only such as exist, or are let into. */
export const maxKnown = 1_000;
/** Answered to everybody: clients ask these before they have a token. */
const openPaths = new Set(["/version", "/health", "/v3/auth/authenticate"]);

const isProbe = (path: string): boolean => /^\/(?:livez|readyz)(?:\/|$)/.test(path);
const isOpen = (path: string): boolean => openPaths.has(path) || isProbe(path);

/** What is answered from what members say of themselves: whoever asks, and born or not. */
const answeredByAnybody = /^\/(?:v3\/(?:cluster|maintenance)\/|metrics$|debug\/|cluster(?:\/|$))/;

/** Throws ApiError unless the client's etcd token is somebody's. */
async function proveToken(context: Context): Promise<void> {
  const authStatus = AuthStatusRequest.create();
  await context.cluster.query({ authStatus }, "serializable", context.call());
}

/** A cluster that nobody has used yet is born of a trusted request, also of one that only looks. */
async function bringToLife(context: Context): Promise<void> {
  if (context.exists) return;
  const authStatus = AuthStatusRequest.create();
  try {
    await context.cluster.query({ authStatus }, "linearizable", context.call());
  } catch (error) {
    // What is asked for says itself what is wrong.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** The answer to every request while a variable of the deployment cannot be used. */
export function misconfigured(error: unknown): Response {
  const why = error instanceof Error ? error.message : String(error);
  return failure(new ApiError(GrpcCode.Internal, `the deployment is misconfigured: ${why}`));
}

export class Front {
  readonly #config: FrontConfig;
  readonly #parts: FrontParts;
  readonly #known = new Map<string, Known>();
  readonly #held = new OpenRequests();
  readonly #outboxes = new Outboxes();
  readonly #answers = new Answers();

  constructor(config: FrontConfig, parts: FrontParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /**
   * The response to any request; never rejects. `waitUntil` takes what must be finished although
   * the client has gone away; `abort` ends a connection whose client does not.
   */
  async handle(
    request: Request,
    waitUntil: (work: Promise<unknown>) => void,
    abort: (reason: string) => void = () => undefined,
  ): Promise<Response> {
    try {
      const url = new URL(request.url);
      const path = url.pathname.replace(/^\/v3beta\//, "/v3/");
      if (request.method === "OPTIONS") return preflight(request, methodsOf(path));
      checkPath(request.url);
      return await this.#answer(request, url, path, { waitUntil, abort });
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  async #answer(request: Request, url: URL, path: string, lifetime: Lifetime): Promise<Response> {
    const { waitUntil, abort } = lifetime;
    const cluster = clusterOf(request, url, this.#config);
    const given = credentialsOf(request);
    const trusted = isTrusted(this.#config, given, cluster);
    const known = this.#known.get(cluster) ?? this.#open(cluster);
    const open = isOpen(path);
    if (!trusted) {
      await this.#admitStranger(known, path);
      if (!open) await this.#passGate(known, given);
    }
    // Names that strangers think of must not drive out those that are in use.
    if (trusted || known.view.exists) this.#remember(cluster, known);
    const { clock, random } = this.#parts;
    const timeoutMs = grpcTimeoutMs(request.headers.get("grpc-timeout"));
    const prove = open ? "never" : () => proveToken(context);
    const context: Context = new Context({
      ...{ cluster: known.router, view: known.view, clock, random, waitUntil },
      prove: trusted ? undefined : prove,
      ...{ origin: url.origin, signal: () => request.signal, open: this.#held },
      answers: this.#answers,
      from: originOf(request.headers),
      deployment: trusted && !this.#config.development,
      token: open ? "" : etcdToken(this.#config, given, trusted),
      needsLeader: request.headers.get("grpc-metadata-hasleader") === "true",
      deadlineMs: timeoutMs === undefined ? undefined : clock.now() + timeoutMs,
    });
    try {
      const parameters = parametersOf(request, path, url.search);
      if (!trusted && !open && answeredByAnybody.test(path)) await context.proven();
      if (trusted && (open || answeredByAnybody.test(path))) await bringToLife(context);
      return await this.#page(context, request, path, { parameters, abort });
    } finally {
      context.answers.responded();
    }
  }

  async #page(
    context: Context,
    request: Request,
    path: string,
    { parameters, abort }: { readonly parameters: Parameters; readonly abort: Lifetime["abort"] },
  ): Promise<Response> {
    if (path === "/v3") return respond(301, null, { location: "/v3/" });
    if (path.startsWith("/v3/")) {
      const webSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
      if (!webSocket) return v3(context, request, path);
      return this.#webSocket(context, request, path, abort);
    }
    if (path === "/kv" || path.startsWith("/kv/")) {
      return plainKv(context, request, path, parameters);
    }
    if (path === "/cluster" || path.startsWith("/cluster/")) {
      return clusterAdmin(context, request, path, parameters);
    }
    return page(context, request, path, parameters);
  }

  /** Throws ApiError where a stranger would bring something into the world, or finds nothing. */
  async #admitStranger({ view, router }: Known, path: string): Promise<void> {
    if (!isConfigured(this.#config)) {
      const reason = "no token is configured: set TOKEN, or run a development server";
      throw new ApiError(GrpcCode.Unauthenticated, reason);
    }
    if (!isOpen(path) || path === "/version" || view.exists) return;
    const deadlineMs = this.#parts.clock.now() + requestTimeoutMs;
    if (await router.exists({ token: "", deadlineMs })) return;
    if (path.startsWith("/v3/")) throw ApiError.of(errors.authNotEnabled);
    throw ApiError.of(errors.notBorn);
  }

  async #passGate({ gate, router, view }: Known, given: Credentials): Promise<void> {
    const now = this.#parts.clock.now();
    await gate.pass(router, view.exists, given, now, now + requestTimeoutMs);
  }

  #webSocket(context: Context, request: Request, path: string, abort: Lifetime["abort"]): Response {
    const method = methodOf(path);
    if (method === undefined) return failure(unknownPath);
    const offered = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
    const headers = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    const close = context.keepOpen();
    context.answers.staysHeld();
    const { socket, response } = this.#parts.upgrade(headers);
    const bounded = this.#outboxes.bounded(socket, this.#parts.clock);
    const end = () => {
      // It takes with it whatever would be done after.
      bounded.gone();
      close();
      abort("a client did not close its socket");
    };
    context.waitUntil(serveSocket(context, method, bounded, end).finally(close));
    return response;
  }

  /** The least recently used are forgotten first. */
  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }

  #open(name: string): Known {
    const { clock, random } = this.#parts;
    const view = new ClusterView(this.#config.initialMembers);
    const member = (id: number) => this.#parts.member(name, id);
    return { view, router: new Router({ view, member, clock, random }), gate: new AuthGate() };
  }
}

async function v3(context: Context, request: Request, path: string): Promise<Response> {
  const method = methodOf(path);
  if (method === undefined) return failure(unknownPath);
  if (request.method !== "POST") return failure(wrongMethod, undefined, { allow: "POST" });
  return answerV3(context, method, request);
}

/** etcd's plain pages. */
async function page(
  context: Context,
  request: Request,
  path: string,
  parameters: Parameters,
): Promise<Response> {
  const exists = isProbe(path) || ["/version", "/health", "/metrics", "/debug/vars"].includes(path);
  if (!exists) return notFound();
  const methods = methodsOf(path);
  if (request.method === "HEAD" && methods.includes("HEAD")) {
    const get = new Request(request, { method: "GET" });
    return withoutBody(await page(context, get, path, parameters));
  }
  // As etcd has it, HEAD is none of the methods of most.
  if (request.method !== "GET") return plainly.methodNotAllowed(methods.join(", ") || "GET");
  if (isProbe(path)) return probe(context, path, parameters);
  if (path === "/version") return version();
  if (path === "/health") return health(context, parameters);
  if (path === "/metrics") return metricsPage(context);
  return text(200, JSON.stringify({ cmdline: ["durable-raft"] }), {
    "content-type": "application/json; charset=utf-8",
  });
}
