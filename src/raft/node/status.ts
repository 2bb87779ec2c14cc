import type { HardState } from "../../proto/raftpb.ts";
import type { Config } from "../tracker/config.ts";
import type { ProgressMap } from "../tracker/progressmap.ts";
import type { SoftState } from "../types.ts";

/** A node's state without what it knows of others. Source: etcd's status.go. */
export interface BasicStatus {
  readonly id: number;
  readonly hardState: HardState;
  readonly softState: SoftState;
  readonly applied: number;
  /** To whom leadership is being transferred, or None. */
  readonly leadTransferee: number;
}

export interface Status extends BasicStatus {
  readonly config: Config;
  /** Copies of what a leader knows of each member; empty on others. */
  readonly progress: ProgressMap;
}
