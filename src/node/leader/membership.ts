import { type ErrorKind, errors, KvError } from "../../etcd/errors.ts";
import {
  type ClusterView,
  checkAdd,
  checkPromote,
  checkRemove,
  nextMemberId,
} from "../../kv/members/reconfiguration.ts";
import { ConfChangeTransition, ConfChangeType, type ConfChangeV2 } from "../../proto/raftpb.ts";
import { type Reason, redirect, refused, unavailable } from "../../rpc/answers.ts";
import type { MemberChange, MemberRecord } from "../../rpc/messages.ts";
import type { Core } from "../core.ts";
import type { CallResponse } from "../peers/frame-codec.ts";
import { addContext, promoteContext } from "../peers/roster.ts";
import type { ProposalOutcome } from "../raft-node/outcome.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { ClusterVersion } from "./cluster-version.ts";
import type { LeaderDuty } from "./duty.ts";
import type { LeaderTransfer } from "./transfer.ts";

/** How a client hears the end of its change: the added member, if any, or why nothing changed. */
export interface ChangeClient {
  readonly deadlineTick: number;
  done(added: MemberRecord | undefined): void;
  failed(reason: Reason): void;
}

const inProgress = refused({
  code: errors.unhealthy.code,
  text: "etcdserver: another membership change is in progress",
});
const timedOut = refused(errors.timeout);
const invitationWaitTicks = 10;
const invitationTimeoutTicks = 50;

/** A change that cannot be proposed yet. */
interface WaitingChange {
  readonly change: KnownChange | AddChange;
  readonly client: ChangeClient;
}

type AddChange = MemberChange & { readonly kind: "add" };
type KnownChange = MemberChange & { readonly kind: "promote" | "remove" };

/**
 * The leader's duty for membership: proposes one change at a time, after etcd's checks. Members of
 * the initial topology are added as learners, and promoted when they have caught up.
 */
export class Membership implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #transfer: LeaderTransfer;
  readonly #version: ClusterVersion;
  /** Whether a change was begun and is not applied. */
  #busy = false;
  #held = false;
  /**
   * A change that waits for a new leader until raft takes it and the answering members are known.
   */
  #waiting: WaitingChange | undefined;
  /** The client that waits while a new member is asked to join. */
  #asked: { readonly client: ChangeClient } | undefined;
  #waitTicks = 0;

  constructor(core: Core, raft: RaftNode, transfer: LeaderTransfer, version: ClusterVersion) {
    this.#core = core;
    this.#raft = raft;
    this.#transfer = transfer;
    this.#version = version;
  }

  /** Begins a client's change. */
  change(change: MemberChange, client: ChangeClient): void {
    if (!this.#raft.role.open) client.failed(redirect);
    else if (!this.idle || this.#held) client.failed(inProgress);
    else if (!this.#raft.termApplied) this.#waiting = { change, client };
    else this.#begin(change, client);
  }

  /** Whether no change is in progress. */
  get idle(): boolean {
    return !this.#busy && this.#waiting === undefined && this.#isSettled;
  }

  /** Whether every member that the cluster is born with has come, and votes. */
  get complete(): boolean {
    const { members, removed } = this.#view;
    const voters = new Set(members.filter(({ isLearner }) => !isLearner).map(({ ID }) => ID));
    return this.#core.options.topology.every(({ id }) => removed.includes(id) || voters.has(id));
  }

  /** While held, only `demote` changes the configuration. */
  hold(held: boolean): void {
    this.#held = held;
    if (held) this.close(inProgress);
  }

  /** Makes voters learners, all with one change. */
  demote(ids: readonly number[], client: ChangeClient): void {
    const type = ConfChangeType.ConfChangeAddLearnerNode;
    const changes = ids.map((nodeId) => ({ type, nodeId }));
    this.#propose(changes, new Uint8Array(), client);
  }

  /** Takes the next step towards the initial topology. */
  tick(): void {
    if (this.#waitTicks > 0) this.#waitTicks -= 1;
    this.#giveUp();
    if (this.#held || this.#busy || !this.#raft.role.open) return;
    if (!this.#isSettled || !this.#raft.termApplied) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#begin(waiting.change, waiting.client);
    else if (this.#waitTicks === 0) this.#followTopology();
  }

  /** Waiting clients are answered by the proposals, or at their deadline. */
  followed(): void {
    this.close(redirect);
    this.#busy = false;
    this.#held = false;
    this.#waitTicks = 0;
  }

  close(reason: Reason): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.client.failed(reason);
  }

  /** Whether no joint configuration is in force. */
  get #isSettled(): boolean {
    return this.#core.machine.confState.votersOutgoing.length === 0;
  }

  get #view(): ClusterView {
    const { machine, options } = this.#core;
    return {
      members: machine.members.members(),
      removed: machine.members.removed(),
      leader: options.memberId,
      activeForMs: (id) => this.#raft.activeForMs(id),
      match: (id) => this.#raft.node.status().progress.get(id)?.match,
    };
  }

  /** Fails changes that take longer than their client waits; nothing of them was proposed. */
  #giveUp(): void {
    const now = this.#core.ticks.now;
    if ((this.#waiting?.client.deadlineTick ?? Infinity) <= now) this.close(timedOut);
    const asked = this.#asked;
    if (asked === undefined || asked.client.deadlineTick > now) return;
    this.#asked = undefined;
    this.#busy = false;
    asked.client.failed(timedOut);
  }

  #begin(change: AddChange | KnownChange, client: ChangeClient): void {
    if (change.kind === "add") this.#add(change, client);
    else this.#changeKnown(change, client);
  }

  #followTopology(): void {
    const { topology } = this.#core.options;
    const { members, removed } = this.#view;
    for (const { id, locationHint } of topology) {
      const member = members.find(({ ID }) => ID === id);
      if (removed.includes(id) || (member !== undefined && !member.isLearner)) continue;
      if (member === undefined) {
        this.#waitTicks = invitationWaitTicks;
        this.#invite(id, locationHint);
      } else if (faultOf(() => checkPromote(this.#view, id)) === undefined) {
        this.#changeKnown({ kind: "promote", id }, this.#ownClient(`promotion of member ${id}`));
      }
      return;
    }
  }

  #invite(id: number, locationHint: string): void {
    const add = { kind: "add", id, name: "", peerUrls: [], locationHint, isLearner: true } as const;
    this.#add(add, this.#ownClient(`addition of member ${id}`));
  }

  #ownClient(what: string): ChangeClient {
    const { environment, ticks } = this.#core;
    const log = (message: string) => environment.log.info(message);
    return {
      deadlineTick: ticks.now + invitationTimeoutTicks,
      done: () => log(`${what} is applied`),
      failed: (reason) => {
        const header = { clusterId: 0n, memberId: 0, revision: 0, raftTerm: 0 };
        const outcome = reason({ ...header, appliedIndex: 0, leader: 0 });
        log(`${what}: ${outcome.kind === "redirect" ? "no leader" : outcome.message}`);
      },
    };
  }

  #add(change: AddChange, client: ChangeClient): void {
    const id = change.id === 0 ? nextMemberId(this.#view) : change.id;
    if (this.#refuses(() => this.#checkAdd(change, id), { change, client })) return;
    this.#busy = true;
    const asked = { client };
    this.#asked = asked;
    const answered = (answer: () => void) => {
      // The client was already told that nothing changed.
      if (this.#asked !== asked) return;
      this.#asked = undefined;
      this.#busy = false;
      answer();
    };
    const reply = {
      done: (response: CallResponse) =>
        answered(() => this.#introduced(change, id, response, client)),
      failed: (error: unknown) =>
        answered(() => client.failed(unavailable(`member ${id} cannot be reached: ${error}`))),
    };
    this.#core.calls.call(id, "join", { join: id }, reply, change.locationHint);
  }

  #introduced(
    change: AddChange,
    id: number,
    { join, refused: why }: CallResponse,
    client: ChangeClient,
  ): void {
    const fault = faultOf(() => this.#checkAdd(change, id));
    const required = this.#version.required;
    if (!this.#raft.role.open) client.failed(redirect);
    else if (!this.#isSettled || required === undefined) client.failed(inProgress);
    else if (fault !== undefined) client.failed(refused(fault));
    else if (why !== "" || join === undefined) client.failed(unavailable(`member ${id} ${why}`));
    else if (!join.empty) client.failed(unavailable(`member ${id} has a log of its own`));
    else if (join.version < required)
      client.failed(unavailable(tooOld(id, join.version, required)));
    else {
      const { name, peerUrls, locationHint, isLearner } = change;
      const record: MemberRecord = {
        id,
        instanceId: join.instance,
        name: name === "" ? `member-${id}` : name,
        peerUrls,
        clientUrls: [],
        locationHint,
        isLearner,
      };
      const { ConfChangeAddLearnerNode, ConfChangeAddNode } = ConfChangeType;
      const type = isLearner ? ConfChangeAddLearnerNode : ConfChangeAddNode;
      this.#propose([{ type, nodeId: id }], addContext(record), client, record);
    }
  }

  #changeKnown(change: KnownChange, client: ChangeClient): void {
    const { id, kind } = change;
    const view = this.#view;
    const check = () => (kind === "promote" ? checkPromote(view, id) : checkRemove(view, id));
    if (this.#refuses(check, { change, client })) return;
    const { ConfChangeAddNode } = ConfChangeType;
    if (kind === "promote") {
      this.#propose([{ type: ConfChangeAddNode, nodeId: id }], promoteContext(id), client);
    } else if (id === view.leader) this.#removeSelf(id, client);
    else this.#remove(id, client);
  }

  #remove(id: number, client: ChangeClient): void {
    const { ConfChangeRemoveNode } = ConfChangeType;
    this.#propose([{ type: ConfChangeRemoveNode, nodeId: id }], new Uint8Array(), client);
  }

  /**
   * Transfers leadership before this member is removed by the next leader: removed while leading,
   * it would leave the cluster without writes until the others elect one.
   */
  #removeSelf(id: number, client: ChangeClient): void {
    this.#busy = true;
    this.#transfer.begin(0, () => {
      this.#busy = false;
      // No member took leadership in time: a gap is better than a member that cannot be removed.
      if (this.#raft.role.open) this.#remove(id, client);
      else client.failed(redirect);
    });
  }

  #checkAdd({ peerUrls, isLearner }: AddChange, id: number): void {
    checkAdd(this.#view, { id, peerURLs: peerUrls, isLearner });
  }

  /** Whether etcd's rules forbid the change; tells its client, unless more may soon be known. */
  #refuses(check: () => void, waiting: WaitingChange): boolean {
    const fault = faultOf(check);
    if (fault === undefined) return false;
    const early = fault === errors.unhealthy || fault === errors.learnerNotReady;
    if (early && this.#raft.tooEarlyToTell) this.#waiting = waiting;
    else waiting.client.failed(refused(fault));
    return true;
  }

  #propose(
    changes: ConfChangeV2["changes"],
    context: Uint8Array,
    client: ChangeClient,
    added?: MemberRecord,
  ): void {
    this.#busy = true;
    const transition = ConfChangeTransition.ConfChangeTransitionAuto;
    const change = { transition, changes, context };
    this.#raft.proposeChange(change, {
      deadlineTick: client.deadlineTick,
      applied: (outcome: ProposalOutcome) => {
        this.#busy = false;
        // Raft takes no second change before the first is applied.
        if (outcome.kind === "reconfigured") client.done(added);
        else client.failed(inProgress);
      },
      failed: (reason) => {
        this.#busy = false;
        client.failed(reason);
      },
    });
  }
}

function tooOld(id: number, version: number, required: number): string {
  return `member ${id} runs code of version ${version}, the cluster is at ${required}`;
}

function faultOf(check: () => void): ErrorKind | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof KvError) return error.kind;
    throw error;
  }
}
