import { ownRequest } from "../../kv/apply/proposal.ts";
import {
  AlarmAction,
  type AlarmMember,
  AlarmRequest,
  AlarmType,
  CompactionRequest,
} from "../../proto/generated/etcd.ts";
import type { LeaderDuty } from "./duty.ts";

export interface RoomParts {
  /** Whether the cluster compacts by itself at all. */
  readonly compacts: boolean;
  readonly quotaBytes: number;
  readonly machine: {
    readonly revision: number;
    readonly compactRevision: number;
    readonly alarms: { list(): readonly AlarmMember[] };
    readonly status: {
      readonly storedBytes: number;
      revisionFreeing(bytes: number): number | undefined;
    };
  };
  readonly tickMs: number;
  /** An entry of the cluster's own; `ended` when it was applied, or is lost from sight. */
  propose(data: Uint8Array, ended?: () => void): void;
}

const lookMs = 10_000;
/** History of the last so many looks stays, whatever it takes: five minutes. */
const looksKept = 30;
/** Parts of the quota: above the first history goes before its time, down to the second. */
const crowded = 3 / 4;
const roomy = 1 / 2;

/**
 * The leader's part in keeping room below the quota, where a cluster compacts by itself. Retention
 * is time or revisions, and what a quota counts is bytes: a fast writer would fill it within any
 * retention. So where three quarters are taken, the oldest history goes early, as little as makes
 * it half again, but never that of the last five minutes, which watchers may be about to ask for.
 *
 * And where the alarm was raised all the same, it is taken back when compactions of the cluster's
 * own have made room: no operator is needed for it. After a client's compaction the alarm is the
 * client's to take back, as in etcd.
 */
export class Room implements LeaderDuty {
  readonly #parts: RoomParts;
  #leads = false;
  #ticks = 0;
  /** Revisions at the last looks, oldest first. */
  #looks: number[] = [];

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  leading(): void {
    this.#leads = this.#parts.compacts;
    this.#ticks = 0;
    this.#looks = [];
  }

  followed(): void {
    this.#leads = false;
  }

  tick(): void {
    if (!this.#leads) return;
    this.#ticks += 1;
    if (this.#ticks % Math.max(1, Math.ceil(lookMs / this.#parts.tickMs)) === 0) this.#look();
  }

  /** The cluster has compacted by itself. */
  compacted(): void {
    const { machine, quotaBytes } = this.#parts;
    if (!this.#leads || machine.status.storedBytes > quotaBytes * crowded) return;
    for (const { memberID, alarm } of machine.alarms.list()) {
      if (alarm !== AlarmType.NOSPACE) continue;
      const action = AlarmAction.DEACTIVATE;
      this.#parts.propose(ownRequest({ alarm: AlarmRequest.create({ action, memberID, alarm }) }));
    }
  }

  #look(): void {
    const { machine, quotaBytes } = this.#parts;
    const stored = machine.status.storedBytes;
    if (this.#looks.length >= looksKept && stored > quotaBytes * crowded) {
      const enough =
        machine.status.revisionFreeing(stored - quotaBytes * roomy) ?? machine.revision;
      const revision = Math.min(enough, this.#looks[0] ?? 0);
      if (revision > Math.max(0, machine.compactRevision)) {
        const compaction = CompactionRequest.create({ revision });
        this.#parts.propose(ownRequest({ compaction }), () => this.compacted());
      }
    }
    this.#looks.push(machine.revision);
    if (this.#looks.length > looksKept) this.#looks.shift();
  }
}
