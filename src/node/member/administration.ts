import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { type AdminRequest, redirect, refused } from "../../rpc/answers.ts";
import type {
  Answer,
  BackupAnswer,
  BackupRequest,
  ForceNewAnswer,
  Header,
  MemberAnswer,
  MemberChange,
  RestoreAnswer,
  RestoreRequest,
} from "../../rpc/messages.ts";
import type { Renewed } from "../birth/force-new.ts";
import type { Core } from "../core.ts";
import type { Membership } from "../leader/membership.ts";
import type { Restore } from "../leader/restore.ts";
import type { LeaderTransfer } from "../leader/transfer.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";

const alive = refused({
  code: GrpcCode.FailedPrecondition,
  text: "etcdserver: this member's cluster has a leader, and can change its members by itself",
});

/** Requests that only root may make while etcd's auth is on; the caller has checked that. */
export class Administration {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #membership: Membership;
  readonly #transfer: LeaderTransfer;
  readonly #restore: Restore;

  constructor(
    core: Core,
    raft: RaftNode,
    membership: Membership,
    transfer: LeaderTransfer,
    restore: Restore,
  ) {
    this.#core = core;
    this.#raft = raft;
    this.#membership = membership;
    this.#transfer = transfer;
    this.#restore = restore;
  }

  changeMember(change: MemberChange, { answer, ...waits }: AdminRequest<MemberAnswer>): void {
    this.#membership.change(change, {
      ...waits,
      done: (added) =>
        answer({
          kind: "ok",
          header: this.#raft.header,
          members: this.#core.roster.records,
          added,
        }),
    });
  }

  /** @param target 0: the most caught-up voter. */
  moveLeader(target: number, { answer, failed }: AdminRequest<Answer>): void {
    this.#transfer.begin(target, (reason) => {
      if (reason !== undefined) failed(reason);
      else answer({ kind: "ok", header: this.#raft.header, response: new Uint8Array() });
    });
  }

  /** Begins a backup on the leader, or on any member if it may be old. */
  backup(
    { index, cursor, possiblyOld = false }: BackupRequest,
    { answer, failed }: AdminRequest<BackupAnswer>,
  ): void {
    const { backups } = this.#raft.snapshots;
    if (index > 0) {
      const chunk = backups.chunk(index, cursor);
      if (chunk === undefined) failed(refused(errors.compacted));
      else answer({ kind: "ok", header: this.#raft.header, index, ...chunk });
    } else if (!this.#raft.role.leads && !possiblyOld) {
      failed(redirect);
    } else {
      backups.begin((snapshot) => {
        if (snapshot === undefined) {
          failed(refused(errors.tooManyRequests));
          return;
        }
        const { data: bytes, metadata } = snapshot;
        const { header } = this.#raft;
        const nextCursor = new Uint8Array();
        answer({ kind: "ok", header, index: metadata.index, bytes, nextCursor });
      });
    }
  }

  restore(request: RestoreRequest, { answer, ...waits }: AdminRequest<RestoreAnswer>): void {
    this.#restore.ask(request, {
      ...waits,
      done: (id) => answer({ kind: "ok", header: this.#raft.header, id }),
    });
  }

  /** Makes this member a cluster of its own, if its cluster is lost. */
  forceNew(
    { answer, failed }: AdminRequest<ForceNewAnswer>,
    renew: () => Renewed & { readonly header: Header },
  ): void {
    // A voter knows a leader as long as there is one with a majority.
    if (this.#raft.role.lead !== 0) failed(alive);
    else answer({ kind: "ok", ...renew() });
  }
}
