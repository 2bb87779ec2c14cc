import type { Topology } from "../../rpc/topology.ts";
import type { MemberObserver } from "./observer.ts";
import type { Tuning } from "./tuning.ts";

/** Who a member is, and the configuration its cluster is born with. */
export interface MemberOptions {
  readonly cluster: string;
  readonly memberId: number;
  readonly topology: Topology;
  readonly tuning: Tuning;
  /** The newest cluster version that its code knows, where that is not this code's own. */
  readonly version?: number;
  readonly observer?: MemberObserver;
}
