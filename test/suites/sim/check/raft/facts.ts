import type { StateMachine } from "../../../../../src/kv/state-machine.ts";
import type {
  ConfState,
  HardState,
  Message,
  SnapshotMetadata,
} from "../../../../../src/proto/raftpb.ts";
import type { Mark, ShadowLog } from "./shadow-log.ts";

/** One incarnation of a member, as the checks see it. */
export interface Incarnation {
  readonly member: number;
  readonly name: string;
  /** What it holds in memory. */
  readonly log: ShadowLog;
  readonly hardState: HardState;
  /** What its member's storage holds, whatever becomes of this incarnation. */
  readonly durable: ShadowLog;
  readonly confState: ConfState;
  readonly applied: number;
  readonly superseded: boolean;
}

/** A leader's commit index moved to `index`, by counting. */
export interface CommitFact {
  readonly leader: Incarnation;
  readonly term: number;
  readonly index: number;
  readonly mark: Mark | undefined;
  /** The configuration that decided. */
  readonly confState: ConfState;
}

/**
 * A rule of raft. Its methods are called when a fact can become known to others (it left through
 * the output gate, or is durable): what a crash undoes without a trace never happened. Each returns
 * what is wrong, if anything.
 */
export interface Invariant {
  readonly name: string;
  /** `who.log` and `who.hardState` are what was found in storage. */
  recovered?(who: Incarnation): string | undefined;
  /** Became durable. */
  persisted?(who: Incarnation, before: HardState, after: HardState): string | undefined;
  leads?(who: Incarnation, term: number): string | undefined;
  committed?(fact: CommitFact): string | undefined;
  /** At once, also where nobody may ever learn of it. */
  progressed?(who: Incarnation, before: HardState, after: HardState): string | undefined;
  /** At once: as leader of `term` it gave out this index for a read. */
  readable?(who: Incarnation, term: number, index: number): string | undefined;
  applied?(who: Incarnation, index: number, mark: Mark): string | undefined;
  configured?(who: Incarnation, index: number, confState: ConfState): string | undefined;
  installed?(who: Incarnation, snapshot: SnapshotMetadata): string | undefined;
  fingerprint?(who: Incarnation, index: number, machine: StateMachine): () => string | undefined;
  /** The state that this incarnation applied says `clusterVersion`; its code knows `knows`. */
  versioned?(who: Incarnation, knows: number, clusterVersion: number): string | undefined;
  /** A message leaves on a socket. */
  sent?(message: Message, from: Sender, cluster: string): string | undefined;
}

export interface Sender {
  readonly member: number;
  readonly name: string;
  readonly superseded: boolean;
  readonly durable: ShadowLog;
}
