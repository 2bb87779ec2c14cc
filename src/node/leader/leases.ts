import { ownRequest } from "../../kv/apply/proposal.ts";
import { LeaseCheckpointRequest, LeaseRevokeRequest } from "../../proto/generated/etcd.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { LeaseTime } from "../world/lease-time.ts";
import type { LeaderDuty } from "./duty.ts";

const ticksBetweenScans = 5;

/**
 * The leader's duty for leases: proposes to revoke those that expired by its clock, and records
 * remaining times now and then. Other members only apply these entries.
 */
export class LeaseDriver implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  /** This leader's time, never replicated. */
  readonly #time: LeaseTime;
  #ticks = 0;
  #leads = false;
  /** Leases that this member found expired while it led. */
  expired = 0;

  constructor(core: Core, raft: RaftNode, time: LeaseTime) {
    this.#core = core;
    this.#raft = raft;
    this.#time = time;
  }

  /** Extends every lease by an election timeout, so that a change of leader shortens none. */
  leading(): void {
    const { machine, options } = this.#core;
    const { electionTicks, tickMs } = options.tuning;
    this.#leads = true;
    machine.leases.promote(this.#time.nowMs, electionTicks * tickMs);
  }

  followed(): void {
    this.#leads = false;
    this.#core.machine.leases.demote();
  }

  /** The state and its leases were replaced. */
  installed(): void {
    if (this.#leads) this.leading();
    else this.followed();
  }

  tick(): void {
    this.#ticks += 1;
    if (!this.#leads || this.#ticks % ticksBetweenScans !== 0) return;
    const { machine, options } = this.#core;
    const { certainMs, grantedMs } = this.#time;
    // Memory is full: expired leases wait for the checkpoint.
    if (machine.status.overlayBytes > options.tuning.maxOverlayBytes) return;
    for (const ID of machine.leases.expired(certainMs, grantedMs)) {
      this.expired += 1;
      this.#raft.proposeOwn(ownRequest({ leaseRevoke: LeaseRevokeRequest.create({ ID }) }));
    }
    const checkpoints = machine.leases.checkpointsDue(this.#time.nowMs);
    if (checkpoints.length > 0) {
      const leaseCheckpoint = LeaseCheckpointRequest.create({ checkpoints });
      this.#raft.proposeOwn(ownRequest({ leaseCheckpoint }));
    }
  }
}
