import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { decodeManifest, ManifestError } from "../../kv/state/manifest.ts";
import { tooFar } from "../../kv/transfer/adopt.ts";
import { BackupCheck } from "../../kv/transfer/backup-check.ts";
import { TransferError } from "../../kv/transfer/errors.ts";
import { maxRestoredRevision } from "../../kv/work/limits.ts";
import { DecodeError } from "../../proto/errors.ts";
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
  /** The backup's own. */
  readonly manifest: Uint8Array;
  readonly bumpRevision: number;
  readonly check: BackupCheck;
  touchedTick: number;
}

/** Rows of a client that has gone away are dropped after so long. */
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
 * Gives a cluster that was never written to the state of a backup. The leader's part, and there is
 * no other: rows are staged beside the running state, and held against the backup's count, sum and
 * fingerprint. Then the other voters are made learners, so that this member alone decides; and one
 * turn puts the backup's state into the place of the next entry, as a snapshot. It is committed: a
 * majority of one has stored it. The others take it as followers take a snapshot when their log
 * ends before the leader's begins, and are made voters again like in a cluster's first minute.
 * Until that turn nothing has changed but who votes, and that comes back by itself.
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

  /** @param replace ends what runs, installs, and runs anew on what is stored then, in a turn. */
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
   * Why nothing may be proposed now, if so: while this member alone votes, what a client wrote
   * would be on it alone.
   */
  get hold(): Reason | undefined {
    return this.#committing === undefined ? undefined : restoring;
  }

  /** Begins a restore, takes rows of one, or carries it out: `done` is told its id. */
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

  /** This member leads no longer, or ends. */
  reset(): void {
    if (this.#committing !== undefined) this.#abandon(interrupted);
    else if (this.#begun !== undefined) this.#drop();
  }

  /** Why this cluster takes no backup, if so. */
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
    // Whatever this member was pulling when it began to lead, it needs no longer.
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
    // Everything that can be wrong with the backup shows here, before anything is done for it.
    const fault = this.#attempt(() => this.#adopted(begun));
    this.#committing = client;
    if (fault !== undefined) {
      this.#abandon(fault);
      return;
    }
    this.#membership.hold(true);
    this.#next.ask();
  }

  /** What goes wrong here is the backup's fault, and has changed nothing. */
  #attempt(use: () => unknown): Reason | undefined {
    try {
      use();
      return undefined;
    } catch (error) {
      const expected =
        error instanceof TransferError ||
        error instanceof ManifestError ||
        error instanceof DecodeError;
      if (expected) return damaged(error.message);
      throw error;
    }
  }

  /** The next thing to do, in a turn in which raft has nothing left to do. */
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

  /** The turn in which the cluster becomes the backup's. */
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

  /** Where in the log the backup's state is put: nothing else will ever be there. */
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
