import { ownRequest } from "../../kv/apply/proposal.ts";
import { LeaseCheckpointRequest, LeaseTimeToLiveResponse } from "../../proto/generated/etcd.ts";
import { Response } from "../../proto/generated/kv.ts";
import { type Reason, readTimedOut, redirect } from "../../rpc/answers.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { LeaseTime } from "../world/lease-time.ts";

interface Renewing {
  readonly id: bigint;
  readonly deadlineTick: number;
  renewed(response: Uint8Array): void;
  failed(reason: Reason): void;
}

const maxRenewing = 4_096;

/**
 * Renews leases by the leader's clock, without an entry. Two cases wait: a lease with a recorded
 * remaining time (the record is cleared first, or it would outlive the renewal), and one that is
 * expired but not revoked (it must not be renewed).
 */
export class KeepAlives {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #time: LeaseTime;
  #renewing: Renewing[] = [];

  constructor(core: Core, raft: RaftNode, time: LeaseTime) {
    this.#core = core;
    this.#raft = raft;
    this.#time = time;
  }

  get waiting(): number {
    return this.#renewing.length;
  }

  renew(renewing: Renewing): void {
    const renewal = this.#core.machine.leases.renew(renewing.id, this.#time.nowMs);
    switch (renewal.kind) {
      case "renewed":
        renewing.renewed(response(renewing.id, renewal.ttl));
        return;
      case "not found":
        renewing.renewed(response(renewing.id, 0));
        return;
      case "not primary":
        renewing.failed(redirect);
        return;
      case "checkpointed":
        this.#takeBack(renewing.id);
        break;
    }
    if (this.#renewing.length < maxRenewing) this.#renewing.push(renewing);
    else renewing.failed(readTimedOut);
  }

  tick(now: number): void {
    for (const renewing of this.#renewing.splice(0)) {
      if (renewing.deadlineTick <= now) renewing.failed(readTimedOut);
      else this.renew(renewing);
    }
  }

  close(reason: Reason): void {
    for (const renewing of this.#renewing.splice(0)) renewing.failed(reason);
  }

  #takeBack(ID: bigint): void {
    if (this.#renewing.some(({ id }) => id === ID)) return;
    const checkpoints = [{ ID, remainingTTL: 0 }];
    const leaseCheckpoint = LeaseCheckpointRequest.create({ checkpoints });
    this.#raft.proposeOwn(ownRequest({ leaseCheckpoint }));
  }
}

function response(ID: bigint, TTL: number): Uint8Array {
  const leaseTimeToLive = LeaseTimeToLiveResponse.create({ ID, TTL });
  return Response.encode(Response.create({ leaseTimeToLive }));
}
