import { type ErrorKind, errors } from "../../kv/errors.ts";
import {
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
} from "../../proto/raftpb.ts";
import type { Outcome } from "../apply.ts";
import { type Reason, redirect, refused, unavailable } from "../client/answers.ts";
import type { CallResponse } from "../frame-codec.ts";
import type { ChangeProposal } from "../raft-node.ts";
import type { MemberChange, MemberRecord } from "../rpc.ts";
import type { Topology } from "../topology.ts";
import { maxLearners, mayAddVoter, mayPromote, mayRemove, type View } from "./refusals.ts";
import { addContext, type MemberRoster, promoteContext } from "./roster.ts";

/** The end of a change: the member that was added, if one was; or why nothing was changed. */
export interface ChangeClient {
  readonly deadlineTick: number;
  done(added: MemberRecord | undefined): void;
  failed(reason: Reason): void;
}

export interface MembershipParts {
  readonly topology: Topology;
  readonly roster: MemberRoster;
  /** Whether this node leads and takes proposals. */
  open(): boolean;
  view(): View;
  /** Whether the newest configuration change is applied and no joint configuration is in force. */
  settled(): boolean;
  propose(change: ConfChangeV2, proposal: ChangeProposal): void;
  /** Asks an object which instance it is, on behalf of this cluster. */
  askToJoin(id: number, locationHint: string): Promise<CallResponse>;
  turn(input: () => void): void;
  now(): number;
  log(message: string): void;
}

const inProgress = refused({
  code: errors.unhealthy.code,
  text: "etcdserver: another membership change is in progress",
});
const invitationWaitTicks = 10;
const invitationTimeoutTicks = 50;

/**
 * Changes of the configuration: one at a time, each proposed by the leader after etcd's checks. The
 * members of the initial topology are added by themselves, as learners first, and promoted when
 * they have caught up.
 */
export class Membership {
  readonly #parts: MembershipParts;
  /** A change that was begun and is not applied. */
  #busy = false;
  #held = false;
  #waitTicks = 0;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  /** Begins a change for a client. */
  change(change: MemberChange, client: ChangeClient): void {
    if (!this.#parts.open()) client.failed(redirect);
    else if (!this.idle || this.#held) client.failed(inProgress);
    else if (change.kind === "add") this.#add(change, client);
    else if (change.kind === "update") client.failed(unavailable("update is a proposal"));
    else this.#changeKnown(change, client);
  }

  /** Whether no change is under way. */
  get idle(): boolean {
    return !this.#busy && this.#parts.settled();
  }

  /** While held, nobody changes anything but by `demote`. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Makes learners of voters, all of them with one change. */
  demote(ids: readonly number[], client: ChangeClient): void {
    const type = ConfChangeType.ConfChangeAddLearnerNode;
    const changes = ids.map((nodeId) => ({ type, nodeId }));
    this.#propose(changes, new Uint8Array(), client);
  }

  /** The leader's next step towards the topology that the cluster was born with. */
  tick(): void {
    if (this.#waitTicks > 0) this.#waitTicks -= 1;
    if (this.#held || this.#waitTicks > 0 || !this.idle || !this.#parts.open()) return;
    const { roster, topology } = this.#parts;
    for (const { id, locationHint } of topology) {
      const record = roster.get(id);
      if (roster.isRemoved(id) || (record !== undefined && !record.isLearner)) continue;
      if (record === undefined) {
        this.#waitTicks = invitationWaitTicks;
        this.#invite(id, locationHint);
      } else if (mayPromote(this.#parts.view(), id) === undefined) {
        this.#changeKnown({ kind: "promote", id }, this.#ownClient(`promotion of member ${id}`));
      }
      return;
    }
  }

  /** Leads no longer: whoever waits hears it from the proposals, or by its deadline. */
  reset(): void {
    this.#busy = false;
    this.#held = false;
    this.#waitTicks = 0;
  }

  #invite(id: number, locationHint: string): void {
    const add = { kind: "add", id, name: "", peerUrls: [], locationHint, isLearner: true } as const;
    this.#add(add, this.#ownClient(`addition of member ${id}`));
  }

  #ownClient(what: string): ChangeClient {
    const { log, now } = this.#parts;
    return {
      deadlineTick: now() + invitationTimeoutTicks,
      done: () => log(`${what} is applied`),
      failed: (reason) => {
        const header = { clusterId: 0n, memberId: 0, revision: 0, raftTerm: 0 };
        const outcome = reason({ ...header, appliedIndex: 0, leader: 0 });
        log(`${what}: ${outcome.kind === "redirect" ? "no leader" : outcome.message}`);
      },
    };
  }

  #add(change: MemberChange & { readonly kind: "add" }, client: ChangeClient): void {
    const { roster } = this.#parts;
    const id = change.id === 0 ? roster.nextId : change.id;
    const fault = this.#addFault(change, id);
    if (fault !== undefined) {
      client.failed(refused(fault));
      return;
    }
    this.#busy = true;
    this.#parts.askToJoin(id, change.locationHint).then(
      (response) => this.#parts.turn(() => this.#introduced(change, id, response, client)),
      (error) =>
        this.#parts.turn(() => {
          this.#busy = false;
          client.failed(unavailable(`member ${id} cannot be reached: ${error}`));
        }),
    );
  }

  #introduced(
    change: MemberChange & { readonly kind: "add" },
    id: number,
    { join, refused: why }: CallResponse,
    client: ChangeClient,
  ): void {
    this.#busy = false;
    const fault = this.#addFault(change, id);
    if (!this.#parts.open()) client.failed(redirect);
    else if (!this.#parts.settled()) client.failed(inProgress);
    else if (fault !== undefined) client.failed(refused(fault));
    else if (why !== "" || join === undefined) client.failed(unavailable(`member ${id} ${why}`));
    else if (!join.empty) client.failed(unavailable(`member ${id} has a log of its own`));
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

  #changeKnown(
    change: MemberChange & { readonly kind: "promote" | "remove" },
    client: ChangeClient,
  ): void {
    const { roster } = this.#parts;
    const { id } = change;
    const view = this.#parts.view();
    let fault: ErrorKind | undefined;
    if (roster.get(id) === undefined) fault = errors.memberNotFound;
    else fault = change.kind === "promote" ? mayPromote(view, id) : mayRemove(view, id);
    const { ConfChangeAddNode, ConfChangeRemoveNode } = ConfChangeType;
    if (fault !== undefined) client.failed(refused(fault));
    else if (change.kind === "promote") {
      const changes = [{ type: ConfChangeAddNode, nodeId: id }];
      this.#propose(changes, promoteContext(id), client);
    } else {
      const changes = [{ type: ConfChangeRemoveNode, nodeId: id }];
      this.#propose(changes, new Uint8Array(), client);
    }
  }

  #addFault(
    { peerUrls, isLearner }: MemberChange & { readonly kind: "add" },
    id: number,
  ): ErrorKind | undefined {
    const { roster } = this.#parts;
    if (roster.isRemoved(id) || roster.get(id) !== undefined) return errors.memberIdExists;
    const urls = new Set(peerUrls);
    const known = roster.records.some((record) => record.peerUrls.some((url) => urls.has(url)));
    if (known) return errors.peerUrlExists;
    const view = this.#parts.view();
    if (!isLearner) return mayAddVoter(view);
    return view.confState.learners.length >= maxLearners ? errors.tooManyLearners : undefined;
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
    this.#parts.propose(change, {
      deadlineTick: client.deadlineTick,
      applied: (outcome: Outcome) => {
        this.#busy = false;
        // Raft lets no second change in before the first is applied.
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

/** Whether a joint configuration is in force. */
export function isJoint({ votersOutgoing }: ConfState): boolean {
  return votersOutgoing.length > 0;
}
