import { type Id64, newId64 } from "../../rpc/id64.ts";
import type { Topology } from "../../rpc/topology.ts";
import { supportedVersion } from "../leader/cluster-version.ts";
import {
  type CallBody,
  type CallResponse,
  type CallResponseBody,
  decodeCallResponse,
  type Envelope,
  encodeCall,
  type JoinResponse,
} from "../peers/frame-codec.ts";
import type { MemberEnvironment, PeerMethod } from "../world/environment.ts";
import type { Identity } from "./identity.ts";

export interface BirthParts {
  readonly environment: MemberEnvironment;
  readonly identity: Identity;
  readonly cluster: string;
  readonly memberId: number;
  readonly topology: Topology;
  /** The newest cluster version that this member's code knows; this code's own by default. */
  readonly version: number | undefined;
  /** Runs a continuation as a turn of its own. */
  turn(input: () => void): void;
  /**
   * This member may bootstrap, or was told its cluster: in this turn its WAL is begun, unless there
   * is one.
   */
  found(): void;
  joined(): void;
}

/**
 * How an empty member comes to belong to a cluster.
 *
 * Only the lowest member of the configuration founds one, alone; and not before every other initial
 * member has durably recorded its instance as the sole founder. So a founder that lost its storage,
 * or a changed configuration, never makes a second cluster of the same name. All others join by a
 * change of the configuration: the leader asks which instance they are, and tells them the cluster.
 */
export class Birth {
  readonly #parts: BirthParts;
  #busy = false;
  #failures = 0;
  #waitTicks = 0;
  /** Why nothing goes on, for the status. */
  #note = "";
  /** What only people can mend: no attempt of this member's own hides it again. */
  #elsewhere = "";

  constructor(parts: BirthParts) {
    this.#parts = parts;
  }

  get note(): string {
    return this.#elsewhere || this.#note;
  }

  get #founderId(): number {
    return Math.min(...this.#parts.topology.map(({ id }) => id));
  }

  /** Something woke this empty member: whatever can be done for its birth is begun. */
  advance(): void {
    const { identity, environment, cluster, memberId } = this.#parts;
    identity.create(cluster, memberId, environment.random);
    if (this.#busy || this.#waitTicks > 0) return;
    if (memberId === this.#founderId) this.#run(this.#found());
    else if (this.#isInitial(memberId)) this.#run(this.#wakeFounder());
    else this.#note = "waits to be added to the cluster";
  }

  tick(): void {
    if (this.#waitTicks > 0) this.#waitTicks -= 1;
    this.advance();
  }

  /** A founder asks this member to be its witness. */
  witness(envelope: Envelope): CallResponseBody {
    const { identity, cluster, memberId, environment } = this.#parts;
    identity.create(cluster, memberId, environment.random);
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

  /** The leader of a cluster is about to add this member, and asks which instance it is. */
  join(envelope: Envelope, empty: boolean): CallResponseBody {
    const { identity, cluster, memberId, environment } = this.#parts;
    identity.create(cluster, memberId, environment.random);
    const { cluster: clusterId } = envelope;
    if (identity.clusterId !== "" && identity.clusterId !== clusterId) {
      return { refused: `belongs to cluster ${identity.clusterId}` };
    }
    if (identity.founder !== "" && !identity.founder.endsWith(clusterId)) {
      return { refused: `has witnessed founder ${identity.founder}` };
    }
    if (identity.clusterId === "") {
      identity.belong(clusterId);
      this.#parts.joined();
    }
    return { join: this.introduction(empty) };
  }

  /**
   * A frame for another instance of this id: the cluster knows one whose storage is gone. That
   * there is a cluster is remembered: where all that were there at its birth have lost their
   * storage, one after the other, they must not begin another one.
   */
  recordedElsewhere(instance: Id64, clusterId: Id64): void {
    const { identity, memberId, cluster, environment } = this.#parts;
    identity.create(cluster, memberId, environment.random);
    identity.know(clusterId);
    this.#elsewhere =
      `empty storage under an id that is recorded as instance ${instance}: ` +
      `remove member ${memberId}, add a new id`;
  }

  #isInitial(id: number): boolean {
    return this.#parts.topology.some((member) => member.id === id);
  }

  /** Who this member is. */
  introduction(empty: boolean): JoinResponse {
    const { identity, version = supportedVersion } = this.#parts;
    return { instance: identity.instance, empty, version };
  }

  async #found(): Promise<void> {
    const { identity, environment, topology, memberId } = this.#parts;
    if (identity.known !== "") throw new Error(`there is a cluster: ${identity.known}`);
    if (identity.founder === "") {
      // Drawn before the witnesses are asked, so that a second attempt asks for the same cluster.
      identity.witness(founderKey(identity.instance, newId64(environment.random)));
    }
    await environment.sync();
    const others = topology.filter(({ id }) => id !== memberId);
    const answers = await Promise.all(others.map(({ id }) => this.#call(id, "witness", {})));
    const refused = answers.find((answer) => answer.refused !== "");
    if (refused !== undefined) {
      const { from } = refused.envelope;
      throw new Error(`member ${from} is no witness of this founder: ${refused.refused}`);
    }
    this.#parts.turn(() => {
      if (identity.clusterId !== "") return;
      identity.belong(identity.founder.slice(-16));
      this.#parts.found();
    });
  }

  async #wakeFounder(): Promise<void> {
    const { envelope } = await this.#call(this.#founderId, "wake", {});
    const { identity } = this.#parts;
    if (envelope.cluster !== "") this.#parts.turn(() => identity.know(envelope.cluster));
    this.#note = "waits for the founder to add it";
    // It will not be faster for being asked again.
    this.#waitTicks = 10;
  }

  async #call(to: number, method: PeerMethod, body: CallBody): Promise<CallResponse> {
    const { identity, environment, memberId } = this.#parts;
    const envelope: Envelope = {
      cluster: identity.founder.slice(-16),
      from: memberId,
      fromInstance: identity.instance,
      to,
      toInstance: "",
    };
    const bytes = await environment.peers.call(to, method, encodeCall(envelope, body));
    return decodeCallResponse(bytes);
  }

  #run(step: Promise<void>): void {
    this.#busy = true;
    step.then(
      () => this.#ended(""),
      (error) => this.#ended(error instanceof Error ? error.message : String(error)),
    );
  }

  #ended(failure: string): void {
    this.#busy = false;
    if (failure === "") {
      this.#failures = 0;
      return;
    }
    this.#note = failure;
    this.#failures += 1;
    this.#waitTicks = Math.min(50, 2 ** Math.min(this.#failures, 6));
    this.#parts.environment.log.warn(`birth: ${failure}`);
  }
}

/** What a witness records: instance and cluster, 16 hex digits each. */
function founderKey(instance: Id64, clusterId: Id64): string {
  return `${instance}/${clusterId}`;
}
