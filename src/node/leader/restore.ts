import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { decodeManifest } from "../../kv/state/manifest.ts";
import { tooFar } from "../../kv/transfer/adopt.ts";
import { BackupCheck } from "../../kv/transfer/backup-check.ts";
import { isFaultOfTransfer } from "../../kv/transfer/errors.ts";
import { maxRestoredRevision } from "../../kv/work/limits.ts";
import type { Snapshot } from "../../proto/raftpb.ts";
import { type Reason, redirect, refused, unavailable } from "../../rpc/answers.ts";
import { type Id64, newId64 } from "../../rpc/id64.ts";
import type { RestoreRequest } from "../../rpc/messages.ts";
import { crc32c } from "../../storage/crc32c.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import { NextTurn } from "../world/next-turn.ts";
import type { LeaderDuty } from "./duty.ts";
import type { Membership } from "./membership.ts";

export interface RestoreClient {
  readonly deadlineTick: number;
  done(id: Id64): void;
  failed(reason: Reason): void;
}

interface BegunRestore {
  readonly id: Id64;
  /** The backup's manifest. */
  readonly manifest: Uint8Array;
  readonly bumpRevision: number;
  readonly check: BackupCheck;
  touchedTick: number;
}

/** Milliseconds without a part until the staged rows are dropped: the client has gone. */
const idleMs = 60_000;

const refusal = (code: ErrorKind["code"], text: string) => refused({ code, text });

const interrupted = refused(errors.restoreInterrupted);
const restoring = unavailable("a backup is being restored");
const busy = refusal(GrpcCode.FailedPrecondition, "a backup is being restored already");
const grown = refusal(
  GrpcCode.FailedPrecondition,
  "a backup is restored only while all voters are members of the configuration",
);
const changing = refusal(
  GrpcCode.Unavailable,
  "the members could not agree in time and nothing has changed: repeat it",
);
const damaged = (why: string) => refusal(GrpcCode.InvalidArgument, `the backup is damaged: ${why}`);

/**
 * Restores a backup into a cluster that was never written to; done by the leader alone. Rows are
 * staged beside the running state, and checked against the backup's count, sum and fingerprint.
 * Then the other voters become learners, so that this member alone decides, and one turn puts the
 * backup's state into the place of the next entry, as a snapshot. It is committed, since a majority
 * of one has stored it. The others install it as followers whose log ends before the leader's
 * begins, and become voters again as in a cluster's first minute. Before that turn nothing changes
 * but who votes, and that is undone by itself.
 */
export class Restore implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #membership: Membership;
  readonly #replace: (install: () => void) => void;
  readonly #next: NextTurn;
  #begun: BegunRestore | undefined;
  #committing: RestoreClient | undefined;
  #demoting = false;

  /** @param replace ends the running member, installs a state and restarts from it, in one turn. */
  constructor(
    core: Core,
    raft: RaftNode,
    membership: Membership,
    replace: (install: () => void) => void,
  ) {
    this.#core = core;
    this.#raft = raft;
    this.#membership = membership;
    this.#replace = replace;
    this.#next = new NextTurn(core.environment.timers, () => {
      if (this.#committing !== undefined) this.#step(this.#committing);
    });
  }

  /**
   * Why nothing may be proposed now; undefined where it may: while this member alone votes, a
   * client's write would be on it alone.
   */
  get hold(): Reason | undefined {
    return this.#committing === undefined ? undefined : restoring;
  }

  get busy(): boolean {
    return this.#committing !== undefined;
  }

  /** Begins a restore, stages its rows, or carries it out; `done` gets its id. */
  ask(request: RestoreRequest, client: RestoreClient): void {
    const fault = this.#committing === undefined ? this.#fault() : busy;
    if (fault !== undefined) client.failed(fault);
    else if (request.kind === "begin") this.#begin(request, client);
    else if (this.#begun === undefined || this.#begun.id !== request.id) client.failed(interrupted);
    else if (request.kind === "rows") this.#rows(this.#begun, request.chunk, client);
    else this.#commit(this.#begun, client);
  }

  tick(): void {
    const { ticks, options } = this.#core;
    if (this.#committing !== undefined) this.#next.ask();
    else if (this.#begun !== undefined) {
      const idle = (ticks.now - this.#begun.touchedTick) * options.tuning.tickMs;
      if (idle > idleMs) this.#drop();
    }
  }

  followed(): void {
    this.reset();
  }

  /** Ends a restore: this member leads no longer, or stops. */
  reset(): void {
    if (this.#committing !== undefined) this.#abandon(interrupted);
    else if (this.#begun !== undefined) this.#drop();
  }

  /** Why this cluster takes no backup; undefined where it does. */
  #fault(): Reason | undefined {
    const { machine } = this.#core;
    if (!this.#raft.role.open) return redirect;
    if (!machine.status.pristine) {
      const text =
        "a backup is restored only into a cluster that was never written to: " +
        `this one is at revision ${machine.revision}`;
      return refusal(GrpcCode.FailedPrecondition, text);
    }
    return this.#others().every((id) => this.#isInitial(id)) ? undefined : grown;
  }

  #begin(
    { manifest, bumpRevision }: RestoreRequest & { readonly kind: "begin" },
    client: RestoreClient,
  ): void {
    const { machine, options, environment, ticks } = this.#core;
    let check: BackupCheck | undefined;
    let newest = 0;
    const fault = this.#attempt(() => {
      const decoded = decodeManifest(manifest);
      newest = decoded.revision + bumpRevision;
      check = new BackupCheck(decoded);
    });
    if (fault !== undefined || check === undefined) {
      client.failed(fault ?? interrupted);
      return;
    }
    if (!(bumpRevision >= 0 && newest <= maxRestoredRevision)) {
      client.failed(refusal(GrpcCode.InvalidArgument, `revision ${newest} is ${tooFar}`));
      return;
    }
    // A leader needs no snapshot that it was pulling as a follower.
    this.#raft.snapshots.receiver.forget();
    machine.transfers.dropStaging();
    const manifestCrc = crc32c(manifest);
    machine.transfers.openStaging({ source: options.memberId, index: 0, term: 0, manifestCrc });
    const id = newId64(environment.random);
    this.#begun = { id, manifest, bumpRevision, check, touchedTick: ticks.now };
    client.done(this.#begun.id);
  }

  #rows(begun: BegunRestore, chunk: Uint8Array, client: RestoreClient): void {
    const { machine, ticks } = this.#core;
    const fault = this.#attempt(() =>
      machine.transfers.stageChunk(chunk, (rows) => begun.check.add(rows)),
    );
    begun.touchedTick = ticks.now;
    if (fault === undefined) client.done(begun.id);
    else {
      this.#drop();
      client.failed(fault);
    }
  }

  #commit(begun: BegunRestore, client: RestoreClient): void {
    // Finds any fault of the backup before anything is changed.
    const fault = this.#attempt(() => this.#adopted(begun));
    this.#committing = client;
    if (fault !== undefined) {
      this.#abandon(fault);
      return;
    }
    this.#membership.hold(true);
    this.#next.ask();
  }

  /** Runs a check; its error is the backup's fault, and has changed nothing. */
  #attempt(use: () => unknown): Reason | undefined {
    try {
      use();
      return undefined;
    } catch (error) {
      if (isFaultOfTransfer(error)) return damaged(error.message);
      throw error;
    }
  }

  /** Takes the next step, in a turn in which raft has nothing left to do. */
  #step(client: RestoreClient): void {
    const { ticks, machine, storage } = this.#core;
    const fault = this.#fault();
    if (fault !== undefined) this.#abandon(fault === redirect ? interrupted : fault);
    else if (client.deadlineTick <= ticks.now) this.#abandon(changing);
    else if (this.#demoting || !this.#membership.idle) return;
    else if (this.#others().length > 0) this.#demote(client.deadlineTick);
    else if (
      machine.appliedIndex === storage.raft.lastIndex() &&
      machine.appliedIndex === this.#raft.commitIndex &&
      !this.#raft.node.hasReady()
    ) {
      this.#install(client);
    }
  }

  #demote(deadlineTick: number): void {
    this.#demoting = true;
    const ended = () => {
      this.#demoting = false;
      if (this.#committing !== undefined) this.#next.ask();
    };
    this.#membership.demote(this.#others(), { deadlineTick, done: ended, failed: ended });
  }

  /** Gives the cluster the backup's state, all in this turn. */
  #install(client: RestoreClient): void {
    const { machine, storage } = this.#core;
    const begun = this.#begun;
    if (begun === undefined) throw new Error("a restore is carried out that was never begun");
    const data = this.#adopted(begun);
    const metadata = { ...this.#place(), confState: machine.confState };
    const snapshot: Snapshot = { data, metadata };
    const hardState = { ...this.#raft.node.basicStatus().hardState, commit: metadata.index };
    const { compactRevision } = decodeManifest(begun.manifest);
    this.#begun = undefined;
    this.#committing = undefined;
    this.#replace(() => {
      storage.install(snapshot, hardState);
      machine.install(data, compactRevision);
    });
    client.done(begun.id);
  }

  #adopted({ manifest, bumpRevision, check }: BegunRestore): Uint8Array {
    const { transfers } = this.#core.machine;
    return transfers.adopt(manifest, check, { ...this.#place(), bumpRevision });
  }

  /** The position of the backup's state in the log, which no entry will ever have. */
  #place(): { readonly index: number; readonly term: number } {
    return { index: this.#core.machine.appliedIndex + 1, term: this.#raft.term };
  }

  #others(): readonly number[] {
    const { machine, options } = this.#core;
    const { voters, votersOutgoing } = machine.confState;
    return [...new Set([...voters, ...votersOutgoing])].filter((id) => id !== options.memberId);
  }

  #isInitial(id: number): boolean {
    return this.#core.options.topology.some((member) => member.id === id);
  }

  #abandon(reason: Reason): void {
    const client = this.#committing;
    this.#committing = undefined;
    this.#membership.hold(false);
    this.#drop();
    client?.failed(reason);
  }

  #drop(): void {
    this.#begun = undefined;
    this.#core.machine.transfers.dropStaging();
    this.#raft.snapshots.scheduleCleanup();
  }
}
