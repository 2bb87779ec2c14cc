import { ownRequest } from "../../kv/apply/proposal.ts";
import { LeaseCheckpointRequest, LeaseRevokeRequest } from "../../proto/generated/etcd.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { LeaseTime } from "../world/lease-time.ts";
import type { LeaderDuty } from "./duty.ts";

const ticksBetweenScans = 5;

/**
 * The leader's part in the life of leases: what has expired by its own clock it proposes to revoke,
 * and now and then how much time is left. Every other member only applies.
 */
export class LeaseDriver implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  /** Never replicated. */
  readonly #time: LeaseTime;
  #ticks = 0;
  #leads = false;
  /** Leases that this member, leading, found expired. */
  expired = 0;

  constructor(core: Core, raft: RaftNode, time: LeaseTime) {
    this.#core = core;
    this.#raft = raft;
    this.#time = time;
  }

  /** Every lease lives on for an election timeout longer: none is shorter for the change. */
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

  /** The state was replaced, and with it the leases. */
  installed(): void {
    if (this.#leads) this.leading();
    else this.followed();
  }

  tick(): void {
    this.#ticks += 1;
    if (!this.#leads || this.#ticks % ticksBetweenScans !== 0) return;
    const { machine, options } = this.#core;
    // Memory takes no more changes: what expired waits for the checkpoint.
    if (machine.status.overlayBytes > options.tuning.maxOverlayBytes) return;
    for (const ID of machine.leases.expired(this.#time.certainMs)) {
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
