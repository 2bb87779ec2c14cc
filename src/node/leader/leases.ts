import { ownRequest } from "../../kv/apply/proposal.ts";
import type { StateMachine } from "../../kv/state-machine.ts";
import { LeaseCheckpointRequest, LeaseRevokeRequest } from "../../proto/generated/etcd.ts";
import type { LeaseTime } from "./lease-time.ts";

export interface LeaseDriverParts {
  readonly machine: StateMachine;
  /** Never replicated. */
  readonly time: LeaseTime;
  /** An entry of the cluster's own; whether it gets lost does not matter. */
  propose(data: Uint8Array): void;
  readonly electionMs: number;
  /** Beyond it memory takes no more changes: what expired waits for the checkpoint. */
  readonly maxOverlayBytes: number;
}

const ticksBetweenScans = 5;

/**
 * The leader's part in the life of leases: what has expired by its own clock it proposes to revoke,
 * and now and then how much time is left. Every other member only applies.
 */
export class LeaseDriver {
  readonly #parts: LeaseDriverParts;
  #ticks = 0;
  #leads = false;
  /** Leases that this member, leading, found expired. */
  expired = 0;

  constructor(parts: LeaseDriverParts) {
    this.#parts = parts;
  }

  /** Every lease lives on for an election timeout longer: none is shorter for the change. */
  leading(): void {
    const { machine, time, electionMs } = this.#parts;
    this.#leads = true;
    machine.leases.promote(time.nowMs, electionMs);
  }

  followed(): void {
    this.#leads = false;
    this.#parts.machine.leases.demote();
  }

  /** The state was replaced, and with it the leases. */
  installed(): void {
    if (this.#leads) this.leading();
    else this.followed();
  }

  tick(): void {
    this.#ticks += 1;
    if (!this.#leads || this.#ticks % ticksBetweenScans !== 0) return;
    const { machine, time, maxOverlayBytes } = this.#parts;
    if (machine.overlayBytes > maxOverlayBytes) return;
    for (const ID of machine.leases.expired(time.certainMs)) {
      this.expired += 1;
      this.#parts.propose(ownRequest({ leaseRevoke: LeaseRevokeRequest.create({ ID }) }));
    }
    const checkpoints = machine.leases.checkpointsDue(time.nowMs);
    if (checkpoints.length > 0) {
      const leaseCheckpoint = LeaseCheckpointRequest.create({ checkpoints });
      this.#parts.propose(ownRequest({ leaseCheckpoint }));
    }
  }
}
