import type { Topology } from "../../rpc/topology.ts";
import type { MemberObserver } from "./observer.ts";
import type { Tuning } from "./tuning.ts";

/** A member's id, and its cluster's initial configuration. */
export interface MemberOptions {
  readonly cluster: string;
  readonly memberId: number;
  readonly topology: Topology;
  readonly tuning: Tuning;
  /** The newest cluster version it supports; without it, this code's. */
  readonly version?: number;
  readonly observer?: MemberObserver;
}
