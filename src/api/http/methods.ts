/** Which methods a path takes: what OPTIONS says, and Allow of a 405. */

import { routeOf } from "./v3.ts";

const read = ["GET", "HEAD"] as const;

const patterns: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/kv\/?$/, [...read, "DELETE"]],
  [/^\/kv\/./s, [...read, "PUT", "DELETE"]],
  [/^\/cluster\/?$/, read],
  [/^\/cluster\/members$/, [...read, "POST"]],
  [/^\/cluster\/members\/[^/]+$/, [...read, "DELETE"]],
  [/^\/cluster\/members\/[^/]+\/promote$/, ["POST"]],
  [/^\/cluster\/backup$/, read],
  [/^\/cluster\/(?:leader|restore)$/, ["POST"]],
  [/^\/(?:metrics|debug\/vars)$/, read],
  // As in etcd, which has no HEAD of these.
  [/^\/(?:version|health|livez|readyz)$/, ["GET"]],
  [/^\/(?:livez|readyz)\/[a-z_]+$/, ["GET"]],
];

/** The methods of that path; none where there is no such path. */
export function methodsOf(path: string): readonly string[] {
  if (routeOf(path) !== undefined) return ["POST"];
  return patterns.find(([pattern]) => pattern.test(path))?.[1] ?? [];
}
