import { authRoutes } from "./auth.ts";
import { clusterRoutes } from "./cluster.ts";
import { kvRoutes } from "./kv.ts";
import { leaseRoutes } from "./lease.ts";
import { maintenanceRoutes } from "./maintenance.ts";
import type { Route } from "./route.ts";

/** The methods of the API by their paths below /v3/. */
export const routes: ReadonlyMap<string, Route> = new Map(
  Object.entries({
    ...kvRoutes,
    ...leaseRoutes,
    ...clusterRoutes,
    ...maintenanceRoutes,
    ...authRoutes,
  }),
);
