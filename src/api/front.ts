/** The front: answers every request from outside. */

import { GrpcCode } from "../etcd/grpc-code.ts";
import { messageOf } from "../proto/errors.ts";
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
import { Answers } from "./base/answers.ts";
import type { Clock } from "./base/clock.ts";
import { ApiError, asApiError } from "./base/error.ts";
import { Introductions } from "./base/introductions.ts";
import { OpenRequests } from "./base/open-requests.ts";
import { clusterOf, type Naming } from "./cluster/naming.ts";
import { Router } from "./cluster/router.ts";
import { ClusterView } from "./cluster/view.ts";
import { Context, requestTimeoutMs } from "./http/context.ts";
import { grpcTimeoutMs } from "./http/deadline.ts";
import { originOf } from "./http/origin.ts";
import { Outboxes, type Socket } from "./http/outbox.ts";
import { checkPath } from "./http/path.ts";
import { failure, preflight } from "./http/respond.ts";
import { actionOf, type Found, methodsOf, parametersOf, type Route } from "./http/route.ts";
import { routes } from "./routes.ts";
import { checkAdmin } from "./store/admin.ts";

export interface FrontConfig extends AccessConfig, Naming {
  /** Ids of a new cluster's members. */
  readonly initialMembers: readonly number[];
}

export interface FrontParts {
  /** Makes a new connection to a member of a cluster. */
  readonly member: (cluster: string, id: number) => MemberRpc;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  /** Opens a WebSocket: this end, and the response that carries the client's end. */
  readonly upgrade: (headers: Record<string, string>) => { socket: Socket; response: Response };
}

/** The platform's control over a request's life. */
interface Lifetime {
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Ends the request and its connection at once; none of its code runs any more. */
  readonly abort: (reason: string) => void;
}

/** What is kept of a cluster between requests. */
interface KnownCluster {
  readonly view: ClusterView;
  readonly router: Router;
  readonly gate: AuthGate;
}

/** Clusters that one isolate keeps; a stranger's request adds only one that exists. */
export const maxKnown = 1_000;

/** Throws ApiError unless the client's etcd token is valid. */
async function proveToken(context: Context): Promise<void> {
  const authStatus = AuthStatusRequest.create();
  await context.cluster.query({ authStatus }, "serializable", context.call());
}

/** Founds an unused cluster: any trusted request does, even a read. */
async function bringToLife(context: Context): Promise<void> {
  if (context.exists) return;
  const authStatus = AuthStatusRequest.create();
  try {
    await context.cluster.query({ authStatus }, "linearizable", context.call());
  } catch (error) {
    // The request itself will meet this error and report it.
    if (!(error instanceof ApiError)) throw error;
  }
}

const isWebSocket = ({ headers }: Request): boolean =>
  headers.get("upgrade")?.toLowerCase() === "websocket";

/** 404 for an unknown path, 405 for a known one. */
function absent(route: Route): Response {
  const methods = methodsOf(route);
  if (methods.length === 0) return route.face.notFound();
  return route.face.methodNotAllowed(methods.join(", "));
}

/** The answer to every request while a variable of the deployment is invalid. */
export function misconfigured(error: unknown): Response {
  const why = messageOf(error);
  return failure(new ApiError(GrpcCode.Internal, `the deployment is misconfigured: ${why}`));
}

export class Front {
  readonly #config: FrontConfig;
  readonly #parts: FrontParts;
  readonly #known = new Map<string, KnownCluster>();
  readonly #held = new OpenRequests();
  readonly #outboxes = new Outboxes();
  readonly #answers = new Answers();
  readonly #introductions = new Introductions();

  constructor(config: FrontConfig, parts: FrontParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /**
   * Answers any request; never rejects. `waitUntil` takes work to finish after the client has gone;
   * `abort` ends a connection that its client does not close.
   */
  async handle(
    request: Request,
    waitUntil: (work: Promise<unknown>) => void,
    abort: (reason: string) => void = () => undefined,
  ): Promise<Response> {
    try {
      const url = new URL(request.url);
      const path = url.pathname.replace(/^\/v3beta\//, "/v3/");
      const found = routes.find(path);
      if (request.method === "OPTIONS") return preflight(request, methodsOf(found.route));
      checkPath(request.url);
      return await this.#answer(request, url, found, { waitUntil, abort });
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  async #answer(request: Request, url: URL, found: Found, lifetime: Lifetime): Promise<Response> {
    const { waitUntil, abort } = lifetime;
    const { route, parts } = found;
    const cluster = clusterOf(request, url, this.#config);
    const given = credentialsOf(request);
    const trusted = isTrusted(this.#config, given, cluster);
    const known = this.#known.get(cluster) ?? this.#open(cluster);
    const open = route.access === "open";
    if (!trusted) {
      const introduce = () => this.#introduce(cluster, known, originOf(request.headers));
      await this.#admitStranger(known, route, introduce);
      if (!open) await this.#passGate(known, given, introduce);
    }
    // Names made up by strangers must not evict clusters in use.
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
      const action = actionOf(route, request);
      const parameters = parametersOf(action, url.search);
      const ofMembers = route.about === "members";
      if (!trusted && !open && ofMembers) await context.proven();
      if (trusted && (open || ofMembers)) await bringToLife(context);
      if (route.access === "admin") await checkAdmin(context);
      const { socket } = route;
      if (socket !== undefined && isWebSocket(request)) {
        return this.#webSocket(context, request, socket, abort);
      }
      if (action === undefined) return absent(route);
      return await action.answer({ context, request, parameters, parts });
    } finally {
      context.answers.responded();
    }
  }

  /**
   * Throws ApiError for a stranger's request that would found a cluster, or needs one that does not
   * exist.
   */
  async #admitStranger(
    { view, router }: KnownCluster,
    route: Route,
    introduce: () => void,
  ): Promise<void> {
    if (!isConfigured(this.#config)) {
      const reason = "no token is configured: set TOKEN, or run a development server";
      throw new ApiError(GrpcCode.Unauthenticated, reason);
    }
    if (route.access !== "open" || route.about === "nothing" || view.exists) return;
    introduce();
    const deadlineMs = this.#parts.clock.now() + requestTimeoutMs;
    if (await router.exists({ token: "", deadlineMs })) return;
    throw ApiError.of(route.face.unborn);
  }

  async #passGate(
    { gate, router, view }: KnownCluster,
    given: Credentials,
    introduce: () => void,
  ): Promise<void> {
    const now = this.#parts.clock.now();
    await gate.pass(router, view.exists, given, now, now + requestTimeoutMs, introduce);
  }

  /** Throws ApiError where this client has asked for too many clusters that are not known. */
  #introduce(cluster: string, { view }: KnownCluster, origin: string): void {
    if (!view.exists) this.#introductions.add(cluster, origin, this.#parts.clock.now());
  }

  #webSocket(
    context: Context,
    request: Request,
    serve: NonNullable<Route["socket"]>,
    abort: Lifetime["abort"],
  ): Response {
    const offered = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
    const headers = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    const close = context.keepOpen();
    context.answers.holdUntilSent();
    const { socket, response } = this.#parts.upgrade(headers);
    const bounded = this.#outboxes.bounded(socket, this.#parts.clock);
    const end = () => {
      // Nothing after abort() would run.
      bounded.gone();
      close();
      abort("a client did not close its socket");
    };
    context.waitUntil(serve(context, bounded, end).finally(close));
    return response;
  }

  /** Keeps a cluster; the least recently used one is evicted first. */
  #remember(name: string, known: KnownCluster): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
  }

  #open(name: string): KnownCluster {
    const { clock, random } = this.#parts;
    const view = new ClusterView(this.#config.initialMembers);
    const member = (id: number) => this.#parts.member(name, id);
    return { view, router: new Router({ view, member, clock, random }), gate: new AuthGate() };
  }
}
