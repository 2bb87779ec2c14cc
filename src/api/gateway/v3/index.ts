import { authMethods } from "./auth.ts";
import { electionMethods } from "./election.ts";
import { kvMethods } from "./kv.ts";
import { leaseMethods } from "./lease.ts";
import { lockMethods } from "./lock.ts";
import { maintenanceMethods } from "./maintenance.ts";
import { membershipMethods } from "./membership.ts";
import type { Method } from "./method.ts";
import { snapshotMethods } from "./snapshot.ts";
import { watchMethods } from "./watch.ts";

/** The methods of the API by their paths below /v3/. */
export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...kvMethods,
    ...leaseMethods,
    ...membershipMethods,
    ...maintenanceMethods,
    ...snapshotMethods,
    ...authMethods,
    ...watchMethods,
    ...lockMethods,
    ...electionMethods,
  }),
);
