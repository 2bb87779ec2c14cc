import { ownRequest } from "../../kv/apply/proposal.ts";
import { CompactionRequest } from "../../proto/generated/etcd.ts";
import type { AutoCompactionPolicy } from "../world/auto-compaction-policy.ts";
import type { LeaderDuty } from "./duty.ts";

export interface AutoCompactionParts {
  readonly policy: AutoCompactionPolicy;
  readonly machine: { readonly revision: number; readonly compactRevision: number };
  readonly tickMs: number;
  /** Proposes an entry of the cluster's own; a lost one is proposed again. */
  propose(data: Uint8Array): void;
}

const hourMs = 3_600_000;
/** How often the revision mode compacts. etcd: revInterval, v3compactor/revision.go. */
const revisionIntervalMs = 5 * 60_000;
/** Samples in a period, or in an hour of a longer one. etcd: retryDivisor, periodic.go. */
const samplesPerInterval = 10;

/** The current revision at each sample, the oldest first. */
interface Samples {
  readonly revisions: number[];
  /** How many samples make up the whole period. */
  readonly count: number;
}

/**
 * The leader's duty of automatic compaction. Time is counted in ticks, which are never too short,
 * so that nothing is compacted early. A new leader has no samples, and counts its period from its
 * election.
 *
 * Works as etcd's v3compactor. By revision: all but the newest `retention`, every five minutes. By
 * period: after the first period, then after each one, or each hour of a longer one.
 */
export class AutoCompaction implements LeaderDuty {
  readonly #parts: AutoCompactionParts;
  #leads = false;
  #ticks = 0;
  #samples: Samples;
  /** Ticks until the next compaction: first a period, then an interval. */
  #wait = 0;
  #compactedAt = 0;
  #proposed: { readonly revision: number; readonly atTick: number } | undefined;

  constructor(parts: AutoCompactionParts) {
    this.#parts = parts;
    this.#samples = this.#noSamples();
  }

  leading(): void {
    const { policy, machine } = this.#parts;
    this.#leads = policy.mode !== "off";
    this.#ticks = 0;
    this.#compactedAt = 0;
    this.#proposed = undefined;
    this.#samples = this.#noSamples();
    this.#samples.revisions.push(machine.revision);
    this.#wait = policy.mode === "periodic" ? this.#inTicks(policy.periodMs) : 0;
  }

  followed(): void {
    this.#leads = false;
  }

  tick(): void {
    if (!this.#leads) return;
    this.#ticks += 1;
    const { policy, machine } = this.#parts;
    if (policy.mode === "revision") {
      if (this.#ticks % this.#inTicks(revisionIntervalMs) === 0) {
        this.#propose(machine.revision - policy.retention);
      }
    } else if (policy.mode === "periodic") {
      if (this.#ticks % this.#sampleTicks(policy.periodMs) === 0) this.#sample(policy.periodMs);
    }
  }

  #sample(periodMs: number): void {
    const { machine } = this.#parts;
    const proposed = this.#proposed;
    this.#proposed = undefined;
    if (proposed !== undefined && machine.compactRevision >= proposed.revision) {
      this.#compactedAt = proposed.atTick;
      this.#wait = this.#inTicks(Math.min(periodMs, hourMs));
    }
    const { revisions, count } = this.#samples;
    const [oldest = 0] = revisions;
    if (this.#ticks - this.#compactedAt >= this.#wait && this.#propose(oldest)) {
      this.#proposed = { revision: oldest, atTick: this.#ticks };
    }
    revisions.push(machine.revision);
    if (revisions.length > count) revisions.shift();
  }

  #noSamples(): Samples {
    const { policy } = this.#parts;
    if (policy.mode !== "periodic") return { revisions: [], count: 1 };
    const { periodMs } = policy;
    const reach = Math.ceil(this.#inTicks(periodMs) / this.#sampleTicks(periodMs));
    return { revisions: [], count: reach + 1 };
  }

  #sampleTicks(periodMs: number): number {
    return this.#inTicks(Math.min(periodMs, hourMs) / samplesPerInterval);
  }

  #inTicks(ms: number): number {
    return Math.max(1, Math.ceil(ms / this.#parts.tickMs));
  }

  /** Proposes a compaction; false where it would compact nothing. */
  #propose(revision: number): boolean {
    if (revision <= Math.max(0, this.#parts.machine.compactRevision)) return false;
    const compaction = CompactionRequest.create({ revision });
    this.#parts.propose(ownRequest({ compaction }));
    return true;
  }
}
