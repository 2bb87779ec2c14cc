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
  /** Whether auto-compaction is on. */
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
  /** Proposes an entry; `ended` is called when it is applied or lost. */
  propose(data: Uint8Array, ended?: () => void): void;
}

const lookMs = 10_000;
/** Looks, five minutes of them, whose history is always kept. */
const looksKept = 30;
/** Parts of the quota: above the first, history is compacted early, down to the second. */
const crowded = 3 / 4;
const roomy = 1 / 2;

/**
 * The leader's duty of keeping the store below its quota, with auto-compaction on. Retention counts
 * time or revisions, the quota bytes: a fast writer could fill it within any retention. Above three
 * quarters of the quota the oldest history is compacted early, just enough to get down to half, but
 * never the last five minutes, which watchers may still ask for.
 *
 * If NOSPACE was raised all the same, it is cleared once the cluster's own compactions have made
 * room. After a client's compaction the client clears it, as in etcd.
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

  /** Called when the cluster's own compaction is applied. */
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
