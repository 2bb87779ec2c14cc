/** What a path is: who may ask there, by which methods, with which parameters, and what answers. */
import type { ErrorKind } from "../../etcd/errors.ts";
import type { Context } from "./context.ts";
import type { Socket } from "./outbox.ts";
import { type Allowed, Parameters } from "./parameters.ts";

/**
 * open: any client, before there is a token. client: the deployment's token, or where etcd's auth
 * is on one of its tokens, and members look at what its user may. admin: where that is on, only
 * root; asked before the handler runs. rescue: the same as far as it can be asked, by the handler:
 * it may be that no majority is left to say who is root.
 */
export type Access = "open" | "client" | "admin" | "rescue";

/**
 * What is told. state: what is replicated; the members that are asked look at the token and come
 * into being. members: what they say of themselves to any client, born or not, so that it is the
 * front that looks. nothing: no member is asked.
 */
export type Subject = "state" | "members" | "nothing";

export interface Asked {
  readonly context: Context;
  readonly request: Request;
  readonly parameters: Parameters;
  /** What stands for the names in the route's path, as it came: percent-encoded. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Rejects with what becomes an ApiError. */
export type Handler = (asked: Asked) => Response | Promise<Response>;

export interface Action {
  /** Those that it takes; unread: none are looked at. */
  readonly parameters: Allowed | "unread";
  readonly answer: Handler;
  /** In place of this for a client that wants server-sent events. */
  readonly events?: Omit<Action, "events">;
}

/** How a face says what it does not answer. */
export interface Face {
  readonly notFound: () => Response;
  readonly methodNotAllowed: (allow: string) => Response;
  /** The answer to a stranger where the cluster was never used. */
  readonly unborn: ErrorKind;
}

export interface Route {
  /** `{name}` stands for one segment, `{name...}` at the end for all that is left, or nothing. */
  readonly path: string;
  /** Whether the same path with a slash behind it is this one. */
  readonly slashed?: boolean;
  readonly access: Access;
  readonly about: Subject;
  readonly face: Face;
  /** By method, in the order of Allow. Where there are none, nothing is found there. */
  readonly methods: Readonly<Record<string, Action>>;
  /** Serves a WebSocket that was opened there, whatever the method. */
  readonly socket?: (context: Context, socket: Socket, end: () => void) => Promise<void>;
}

export interface Found {
  readonly route: Route;
  readonly parts: Asked["parts"];
}

/** A path as an expression, with a group for each name. */
function expressionOf(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  const named = literal
    .replace(/\{(\w+)\\\.\\\.\\\.\}$/, "(?<$1>[^]*)")
    .replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${named}$`);
}

/** Finds the route of a path: one without names first, then the first of the others that fits. */
export class Routes {
  readonly #literal = new Map<string, Route>();
  readonly #named: (readonly [RegExp, Route])[] = [];
  readonly #nowhere: Route;

  /** `nowhere`: the route of a path that none of them has. */
  constructor(routes: readonly Route[], nowhere: Route) {
    this.#nowhere = nowhere;
    for (const route of routes) {
      if (route.path.includes("{")) this.#named.push([expressionOf(route.path), route]);
      else this.#literal.set(route.path, route);
      if (route.slashed === true) this.#literal.set(`${route.path}/`, route);
    }
  }

  find(path: string): Found {
    const literal = this.#literal.get(path);
    if (literal !== undefined) return { route: literal, parts: {} };
    for (const [expression, route] of this.#named) {
      const match = expression.exec(path);
      if (match !== null) return { route, parts: match.groups ?? {} };
    }
    return { route: this.#nowhere, parts: {} };
  }
}

/** The methods of a route, as Allow has them. */
export const methodsOf = ({ methods }: Route): readonly string[] => Object.keys(methods);

/** What answers a request there; undefined where the route does not have its method. */
export function actionOf({ methods }: Route, { method, headers }: Request): Action | undefined {
  const action = Object.hasOwn(methods, method) ? methods[method] : undefined;
  return action?.events !== undefined && wantsEvents(headers) ? action.events : action;
}

/** Whether server-sent events are among what is accepted. */
function wantsEvents(headers: Headers): boolean {
  const types = (headers.get("accept") ?? "").toLowerCase().split(",");
  return types.some((type) => {
    const [name = "", ...parameters] = type.split(";").map((part) => part.trim());
    const refused = parameters.some((one) => /^q=0(?:\.0*)?$/.test(one));
    return name === "text/event-stream" && !refused;
  });
}

/** The parameters of what is asked. Throws ApiError where it has others than it may. */
export function parametersOf(action: Action | undefined, search: string): Parameters {
  const allowed = action?.parameters ?? "unread";
  return allowed === "unread" ? new Parameters("", { once: [] }) : new Parameters(search, allowed);
}
