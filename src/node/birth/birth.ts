import { messageOf } from "../../proto/errors.ts";
import { type Id64, newId64 } from "../../rpc/id64.ts";
import { askAll, callPeer } from "../peers/calls.ts";
import {
  type CallResponse,
  type CallResponseBody,
  decodeCallResponse,
  type Envelope,
  type JoinResponse,
} from "../peers/frame-codec.ts";
import type { Identity } from "../peers/identity.ts";
import type { PeerMethod } from "../world/environment.ts";
import type { MemberOptions } from "../world/options.ts";
import type { CallReply, TurnEnvironment } from "../world/turn-environment.ts";
import { supportedVersion } from "../world/version.ts";

/** How a birth ends, within the turn of the call. */
export interface Beginnings {
  /** Begins the WAL of a new cluster with this member alone. */
  found(): void;
  /** Begins the WAL of a member that was told its cluster, unless there is one. */
  joined(): void;
}

/**
 * How an empty member gets its cluster.
 *
 * Only the lowest configured member founds a cluster, alone, and only after every other initial
 * member has durably recorded its instance as the sole founder. So neither a founder that lost its
 * storage nor a changed configuration makes a second cluster of one name. All others join by a
 * configuration change: the leader asks for their instance, and tells them the cluster.
 */
export class Birth {
  readonly #environment: TurnEnvironment;
  readonly #options: MemberOptions;
  readonly #identity: Identity;
  readonly #beginnings: Beginnings;
  #busy = false;
  #failures = 0;
  #waitTicks = 0;
  /** Why the birth does not go on, for the status. */
  #note = "";
  /** A reason that needs an operator: later attempts do not overwrite it. */
  #elsewhere = "";

  constructor(
    environment: TurnEnvironment,
    options: MemberOptions,
    identity: Identity,
    beginnings: Beginnings,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#identity = identity;
    this.#beginnings = beginnings;
  }

  get note(): string {
    return this.#elsewhere || this.#note;
  }

  get #founderId(): number {
    return Math.min(...this.#options.topology.map(({ id }) => id));
  }

  /** Continues the birth as far as possible. Called for every input of an empty member. */
  advance(): void {
    const { memberId } = this.#options;
    this.#create();
    if (this.#busy || this.#waitTicks > 0) return;
    if (memberId === this.#founderId) this.#found();
    else if (this.#isInitial(memberId)) this.#wakeFounder();
    else this.#note = "waits to be added to the cluster";
  }

  tick(): void {
    if (this.#waitTicks > 0) this.#waitTicks -= 1;
    this.advance();
  }

  /** Answers a founder that asks this member to be its witness. */
  witness(envelope: Envelope): CallResponseBody {
    const identity = this.#identity;
    this.#create();
    const { from, fromInstance, cluster: clusterId } = envelope;
    if (from !== this.#founderId) return { refused: `member ${from} is not the one that founds` };
    if (identity.clusterId !== "") return { refused: `belongs to cluster ${identity.clusterId}` };
    const founder = founderKey(fromInstance, clusterId);
    if (identity.founder !== "" && identity.founder !== founder) {
      return { refused: `has witnessed founder ${identity.founder}, not ${founder}` };
    }
    if (identity.known !== "") return { refused: `knows of cluster ${identity.known}` };
    identity.witness(founder);
    return { join: this.introduction(true) };
  }

  /** Answers the leader of a cluster that is about to add this member. */
  join(envelope: Envelope, empty: boolean): CallResponseBody {
    const identity = this.#identity;
    this.#create();
    const { cluster: clusterId } = envelope;
    if (identity.clusterId !== "" && identity.clusterId !== clusterId) {
      return { refused: `belongs to cluster ${identity.clusterId}` };
    }
    if (identity.founder !== "" && !identity.founder.endsWith(clusterId)) {
      return { refused: `has witnessed founder ${identity.founder}` };
    }
    if (identity.clusterId === "") {
      identity.belong(clusterId);
      this.#beginnings.joined();
    }
    return { join: this.introduction(empty) };
  }

  /**
   * Handles a frame for another instance of this id, which shows that the cluster records an
   * instance whose storage is gone. Remembers the cluster: even if all its first members lose their
   * storage, one after the other, they must not found another one.
   */
  recordedElsewhere(instance: Id64, clusterId: Id64): void {
    const { memberId } = this.#options;
    this.#create();
    this.#identity.know(clusterId);
    this.#elsewhere =
      `empty storage under an id that is recorded as instance ${instance}: ` +
      `remove member ${memberId}, add a new id`;
  }

  #isInitial(id: number): boolean {
    return this.#options.topology.some((member) => member.id === id);
  }

  /** This member's instance and version, for a founder or a leader. */
  introduction(empty: boolean): JoinResponse {
    const { version = supportedVersion } = this.#options;
    return { instance: this.#identity.instance, empty, version };
  }

  /** Creates this member's instance id, if it has none. */
  #create(): void {
    const { cluster, memberId } = this.#options;
    this.#identity.create(cluster, memberId, this.#environment.random);
  }

  #found(): void {
    const identity = this.#identity;
    if (identity.known !== "") {
      this.#failed(`there is a cluster: ${identity.known}`);
      return;
    }
    if (identity.founder === "") {
      // Drawn before the witnesses are asked, so that a second attempt names the same cluster.
      identity.witness(founderKey(identity.instance, newId64(this.#environment.random)));
    }
    this.#busy = true;
    const failed = (error: unknown) => this.#failed(messageOf(error));
    this.#environment.afterCommit({ done: () => this.#askWitnesses(), failed });
  }

  /** Asks every other initial member to record this one as the sole founder. */
  #askWitnesses(): void {
    const { topology, memberId } = this.#options;
    const others = topology.map(({ id }) => id).filter((id) => id !== memberId);
    const ask = (id: number, reply: CallReply<CallResponse>) => this.#call(id, "witness", reply);
    askAll(others, ask, (answers, failures) => {
      const refusals = [...answers].flatMap(([id, { refused }]) =>
        refused === "" ? [] : [`member ${id} is no witness of this founder: ${refused}`],
      );
      const [failure] = [...refusals, ...[...failures.values()].map(messageOf)];
      if (failure === undefined) this.#witnessed();
      else this.#failed(failure);
    });
  }

  #witnessed(): void {
    this.#succeeded();
    if (this.#identity.clusterId !== "") return;
    this.#identity.belong(this.#identity.founder.slice(-16));
    this.#beginnings.found();
  }

  #wakeFounder(): void {
    this.#busy = true;
    this.#call(this.#founderId, "wake", {
      done: ({ envelope }) => {
        if (envelope.cluster !== "") this.#identity.know(envelope.cluster);
        this.#succeeded();
        this.#note = "waits for the founder to add it";
        // Asking again soon would not make it faster.
        this.#waitTicks = 10;
      },
      failed: (error) => this.#failed(messageOf(error)),
    });
  }

  /** Calls a peer. A member without a cluster sends the id of the cluster that it is to found. */
  #call(to: number, method: PeerMethod, reply: CallReply<CallResponse>): void {
    const envelope: Envelope = {
      cluster: this.#identity.founder.slice(-16),
      from: this.#options.memberId,
      fromInstance: this.#identity.instance,
      to,
      toInstance: "",
    };
    const call = { envelope, method, body: {}, read: decodeCallResponse };
    callPeer(this.#environment, call, reply);
  }

  #succeeded(): void {
    this.#busy = false;
    this.#failures = 0;
  }

  #failed(failure: string): void {
    this.#busy = false;
    this.#note = failure;
    this.#failures += 1;
    this.#waitTicks = Math.min(50, 2 ** Math.min(this.#failures, 6));
    this.#environment.log.warn(`birth: ${failure}`);
  }
}

/** What a witness records: the founder's instance and cluster, 16 hex digits each. */
function founderKey(instance: Id64, clusterId: Id64): string {
  return `${instance}/${clusterId}`;
}
