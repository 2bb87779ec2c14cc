/** All routes: the one table of paths. */

import { errors } from "../etcd/errors.ts";
import { backup, restore } from "./admin/backup.ts";
import * as membership from "./admin/membership.ts";
import { gatewayRoutes } from "./gateway/routes.ts";
import type { Allowed } from "./http/parameters.ts";
import { methodNotAllowed, notFound, plainly, withoutBody } from "./http/respond.ts";
import { type Face, type Handler, type Route, Routes } from "./http/route.ts";
import { metricsPage } from "./pages/metrics.ts";
import { health, probe, probes, variables, version } from "./pages/probes.ts";
import { eventsOfKey, eventsOfPrefix } from "./plain/events.ts";
import * as kv from "./plain/kv.ts";
import { list, removePrefix, writeUnnamed } from "./plain/list.ts";

const inJson: Face = { notFound, methodNotAllowed, unborn: errors.notBorn };
/** Refusals as etcd's plain pages have them. */
const inText: Face = { ...plainly, unborn: errors.notBorn };

const once = (...names: readonly string[]): Allowed => ({ once: names });
const none = once();

const withoutBodyOf =
  (answer: Handler): Handler =>
  async (asked) =>
    withoutBody(await answer(asked));

/** GET, and HEAD, which is GET without the body. */
const looked = (parameters: Allowed, answer: Handler): Route["methods"] => ({
  GET: { parameters, answer },
  HEAD: { parameters, answer: withoutBodyOf(answer) },
});
const posted = (parameters: Allowed, answer: Handler): Route["methods"] => ({
  POST: { parameters, answer },
});

const listed = once("prefix", "limit", "after", "keys_only", "consistency");
const read = once("consistency");
const excluding = (name: string): Allowed => ({ once: [name], many: ["exclude"] });

const probed = (checks: readonly string[]): Route["methods"] => ({
  GET: { parameters: excluding("verbose"), answer: probe(checks) },
});

const plain = { access: "client", about: "state", face: inJson } as const;
const admin = { access: "admin", about: "members", face: inJson } as const;
const rescue = { access: "rescue", about: "members", face: inJson } as const;
const page = { access: "client", about: "members", face: inText } as const;
/** As in etcd, these pages have no HEAD. */
const open = { access: "open", about: "state", face: inText } as const;

const others: readonly Route[] = [
  {
    path: "/kv",
    slashed: true,
    ...plain,
    methods: {
      GET: {
        ...{ parameters: listed, answer: list },
        events: { parameters: once("prefix", "revision"), answer: eventsOfPrefix },
      },
      HEAD: { parameters: listed, answer: withoutBodyOf(list) },
      PUT: { parameters: once("ttl", "lease"), answer: writeUnnamed },
      DELETE: { parameters: once("prefix"), answer: removePrefix },
    },
  },
  {
    path: "/kv/{key...}",
    ...plain,
    methods: {
      GET: {
        ...{ parameters: read, answer: kv.read },
        events: { parameters: once("revision"), answer: eventsOfKey },
      },
      HEAD: { parameters: read, answer: kv.read },
      PUT: { parameters: once("ttl", "lease"), answer: kv.write },
      DELETE: { parameters: none, answer: kv.remove },
    },
  },
  { path: "/cluster", slashed: true, ...rescue, methods: looked(none, membership.overview) },
  {
    path: "/cluster/members",
    ...admin,
    methods: { ...looked(none, membership.list), ...posted(none, membership.add) },
  },
  {
    path: "/cluster/members/{id}",
    ...admin,
    methods: {
      ...looked(none, membership.show),
      DELETE: { parameters: none, answer: membership.remove },
    },
  },
  { path: "/cluster/members/{id}/promote", ...admin, methods: posted(none, membership.promote) },
  { path: "/cluster/leader", ...admin, methods: posted(none, membership.moveLeader) },
  { path: "/cluster/force-new", ...rescue, methods: posted(none, membership.forceNew) },
  { path: "/cluster/backup", ...rescue, methods: looked(once("member", "possibly_old"), backup) },
  { path: "/cluster/restore", ...rescue, methods: posted(once("bump_revision"), restore) },
  { path: "/metrics", ...page, methods: looked(none, metricsPage) },
  { path: "/debug/vars", ...page, methods: looked(none, variables) },
  {
    path: "/version",
    ...{ ...open, about: "nothing" },
    methods: { GET: { parameters: none, answer: version } },
  },
  {
    path: "/health",
    ...open,
    methods: { GET: { parameters: excluding("serializable"), answer: health } },
  },
  { path: "/livez", ...open, methods: probed(probes.livez) },
  { path: "/livez/{check...}", ...open, methods: probed(probes.livez) },
  { path: "/readyz", ...open, methods: probed(probes.readyz) },
  { path: "/readyz/{check...}", ...open, methods: probed(probes.readyz) },
];

const nowhere: Route = { path: "", access: "client", about: "state", face: inJson, methods: {} };

/** Routes with names are tried in this order. */
export const table: readonly Route[] = [...gatewayRoutes, ...others];

export const routes = new Routes(table, nowhere);
