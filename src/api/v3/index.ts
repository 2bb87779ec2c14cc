import { authRoutes } from "./auth.ts";
import { backupRoutes } from "./backup.ts";
import { clusterRoutes } from "./cluster.ts";
import { electionRoutes } from "./election.ts";
import { kvRoutes } from "./kv.ts";
import { leaseRoutes } from "./lease.ts";
import { lockRoutes } from "./lock.ts";
import { maintenanceRoutes } from "./maintenance.ts";
import type { Route } from "./route.ts";
import { watchRoutes } from "./watch.ts";

/** The methods of the API by their paths below /v3/. */
export const routes: ReadonlyMap<string, Route> = new Map(
  Object.entries({
    ...kvRoutes,
    ...leaseRoutes,
    ...clusterRoutes,
    ...maintenanceRoutes,
    ...backupRoutes,
    ...authRoutes,
    ...watchRoutes,
    ...lockRoutes,
    ...electionRoutes,
  }),
);
