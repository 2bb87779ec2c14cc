import { authRoutes } from "./auth.ts";
import { clusterRoutes } from "./cluster.ts";
import { electionRoutes } from "./election.ts";
import { kvRoutes } from "./kv.ts";
import { leaseRoutes } from "./lease.ts";
import { lockRoutes } from "./lock.ts";
import { maintenanceRoutes } from "./maintenance.ts";
import type { Route } from "./route.ts";
import { snapshotRoutes } from "./snapshot.ts";
import { watchRoutes } from "./watch.ts";

/** The methods of the API by their paths below /v3/. */
export const routes: ReadonlyMap<string, Route> = new Map(
  Object.entries({
    ...kvRoutes,
    ...leaseRoutes,
    ...clusterRoutes,
    ...maintenanceRoutes,
    ...snapshotRoutes,
    ...authRoutes,
    ...watchRoutes,
    ...lockRoutes,
    ...electionRoutes,
  }),
);
