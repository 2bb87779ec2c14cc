/** A route: who may ask, by which methods, with which parameters, and what answers. */
import type { ErrorKind } from "../../etcd/errors.ts";
import type { Context } from "./context.ts";
import type { Socket } from "./outbox.ts";
import { type Allowed, Parameters } from "./parameters.ts";

/**
 * open: any client, without a token. client: the deployment's token, or a user's where etcd's auth
 * is on; members check the user's permissions. admin: where auth is on, only root, checked before
 * the handler runs. rescue: the same, but checked by the handler as far as possible, since a lost
 * majority cannot say who is root.
 */
export type Access = "open" | "client" | "admin" | "rescue";

/**
 * What the answer is about. state: replicated state; the members asked check the token and found
 * the cluster. members: their own statuses, which they give to any client, founded or not, so the
 * front checks the token. nothing: no member is asked.
 */
export type Subject = "state" | "members" | "nothing";

export interface Asked {
  readonly context: Context;
  readonly request: Request;
  readonly parameters: Parameters;
  /** The parts of the path that the route's names stand for, still percent-encoded. */
  readonly parts: Readonly<Record<string, string>>;
}

/** A thrown or rejected value becomes an ApiError. */
export type Handler = (asked: Asked) => Response | Promise<Response>;

export interface Action {
  /** The parameters that it takes; unread: they are ignored. */
  readonly parameters: Allowed | "unread";
  readonly answer: Handler;
  /** Replaces this action for a client that accepts server-sent events. */
  readonly events?: Omit<Action, "events">;
}

/** How a face refuses what it does not have. */
export interface Face {
  readonly notFound: () => Response;
  readonly methodNotAllowed: (allow: string) => Response;
  /** The error for a stranger if the cluster was never used. */
  readonly unborn: ErrorKind;
}

export interface Route {
  /**
   * `{name}` stands for one segment, `{name...}` at the end for the rest of the path or nothing.
   */
  readonly path: string;
  /** Whether the path may end with a slash. */
  readonly slashed?: boolean;
  readonly access: Access;
  readonly about: Subject;
  readonly face: Face;
  /** By method, in the order of Allow. A route without methods answers "not found". */
  readonly methods: Readonly<Record<string, Action>>;
  /** Serves a WebSocket opened on this path, whatever the method. */
  readonly socket?: (context: Context, socket: Socket, end: () => void) => Promise<void>;
}

export interface Found {
  readonly route: Route;
  readonly parts: Asked["parts"];
}

/** A path as a regular expression, with a group for each name. */
function expressionOf(path: string): RegExp {
  const literal = path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  const named = literal
    .replace(/\{(\w+)\\\.\\\.\\\.\}$/, "(?<$1>[^]*)")
    .replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${named}$`);
}

/** Finds the route of a path: first among those without names, then the first other match. */
export class Routes {
  readonly #literal = new Map<string, Route>();
  readonly #named: (readonly [RegExp, Route])[] = [];
  readonly #nowhere: Route;

  /** `nowhere`: the route of any unknown path. */
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

/** A route's methods, in the order of Allow. */
export const methodsOf = ({ methods }: Route): readonly string[] => Object.keys(methods);

/** The action for a request; undefined where the route lacks the method. */
export function actionOf({ methods }: Route, { method, headers }: Request): Action | undefined {
  const action = Object.hasOwn(methods, method) ? methods[method] : undefined;
  return action?.events !== undefined && wantsEvents(headers) ? action.events : action;
}

/** Whether the request accepts server-sent events. */
function wantsEvents(headers: Headers): boolean {
  const types = (headers.get("accept") ?? "").toLowerCase().split(",");
  return types.some((type) => {
    const [name = "", ...parameters] = type.split(";").map((part) => part.trim());
    const refused = parameters.some((one) => /^q=0(?:\.0*)?$/.test(one));
    return name === "text/event-stream" && !refused;
  });
}

/** The parameters of a request. Throws ApiError for one that the action does not take. */
export function parametersOf(action: Action | undefined, search: string): Parameters {
  const allowed = action?.parameters ?? "unread";
  return allowed === "unread" ? new Parameters("", { once: [] }) : new Parameters(search, allowed);
}
