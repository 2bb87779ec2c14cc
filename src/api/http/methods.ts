/**
 * Which methods a path takes, what OPTIONS says and Allow of a 405; and which query parameters
 * each of them does.
 */

import { methodOf } from "../gateway/http.ts";
import { wantsEvents } from "../plain/events.ts";
import { type Allowed, Parameters } from "./parameters.ts";

type Methods = Readonly<Record<string, Allowed>>;

const none: Allowed = { once: [] };
const read = (allowed: Allowed): Methods => ({ GET: allowed, HEAD: allowed });
const post: Methods = { POST: none };
const listed: Allowed = { once: ["prefix", "limit", "after", "keys_only", "consistency"] };
/** Of a GET for events. */
const watched: Allowed = { once: ["revision"] };
const watchedMany: Allowed = { once: ["prefix", "revision"] };

const manyKeys = /^\/kv\/?$/;
const oneKey = /^\/kv\/./s;

const patterns: readonly (readonly [RegExp, Methods])[] = [
  [manyKeys, { ...read(listed), DELETE: { once: ["prefix"] } }],
  [oneKey, { ...read({ once: ["consistency"] }), PUT: { once: ["ttl", "lease"] }, DELETE: none }],
  [/^\/cluster\/?$/, read(none)],
  [/^\/cluster\/members$/, { ...read(none), ...post }],
  [/^\/cluster\/members\/[^/]+$/, { ...read(none), DELETE: none }],
  [/^\/cluster\/members\/[^/]+\/promote$/, post],
  [/^\/cluster\/backup$/, read({ once: ["member", "possibly_old"] })],
  [/^\/cluster\/restore$/, { POST: { once: ["bump_revision"] } }],
  [/^\/cluster\/(?:leader|force-new)$/, post],
  [/^\/(?:metrics|debug\/vars)$/, read(none)],
  // As in etcd, which has no HEAD of these.
  [/^\/version$/, { GET: none }],
  [/^\/health$/, { GET: { once: ["serializable"], many: ["exclude"] } }],
  [/^\/(?:livez|readyz)(?:\/[a-z_]+)?$/, { GET: { once: ["verbose"], many: ["exclude"] } }],
];

const found = (path: string): Methods => patterns.find(([one]) => one.test(path))?.[1] ?? {};

/** The methods of that path; none where there is no such path. */
export function methodsOf(path: string): readonly string[] {
  return methodOf(path) === undefined ? Object.keys(found(path)) : ["POST"];
}

/**
 * The parameters of a request. Throws ApiError where it has others than it may. None are looked at
 * where there is no such path or method, nor below /v3/: etcd's gateway reads the body alone, and
 * libraries that add something of their own to each URL go on working.
 */
export function parametersOf(request: Request, path: string, search: string): Parameters {
  const allowed = allowedFor(request, path);
  return allowed === undefined ? new Parameters("", none) : new Parameters(search, allowed);
}

function allowedFor(request: Request, path: string): Allowed | undefined {
  if (request.method === "GET" && wantsEvents(request)) {
    if (manyKeys.test(path)) return watchedMany;
    if (oneKey.test(path)) return watched;
  }
  const methods = found(path);
  return Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
}
