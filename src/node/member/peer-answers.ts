import { errors } from "../../etcd/errors.ts";
import type { Birth } from "../birth/birth.ts";
import { type Call, type CallResponseBody, encodeCallResponse } from "../peers/frame-codec.ts";
import { type Roster, refusal, removalOf } from "../peers/peers.ts";
import type { DiskWatch } from "../world/disk-watch.ts";
import type { PeerMethod } from "../world/environment.ts";
import type { MemberState } from "./state.ts";
import { maxWaiting } from "./waiting.ts";

/** Answers calls of other members. */
export class PeerAnswers {
  readonly #state: MemberState;
  readonly #birth: Birth;
  readonly #roster: Roster;
  readonly #disk: DiskWatch;

  #waiting: (() => void)[] = [];

  constructor(state: MemberState, birth: Birth, roster: Roster, disk: DiskWatch) {
    this.#state = state;
    this.#birth = birth;
    this.#roster = roster;
    this.#disk = disk;
  }

  /** Answers a peer's call, or where `wait` says so, when `loaded` is called next. */
  ask(method: PeerMethod, call: Call, wait: boolean, answered: (body: Uint8Array) => void): void {
    this.when(wait, () => answered(this.#answer(method, call)));
  }

  /** Runs it now, or when `loaded` is called next. */
  when(wait: boolean, run: () => void): void {
    if (!wait) run();
    else if (this.#waiting.length < maxWaiting) this.#waiting.push(run);
  }

  /** This member can answer what waits. */
  loaded(): void {
    for (const run of this.#waiting.splice(0)) run();
  }

  /** The encoded answer to a peer's call. */
  #answer(method: PeerMethod, call: Call): Uint8Array {
    const body = this.#body(method, call);
    // Read after the call, which may have given this member its instance or its cluster.
    const { cluster, memberId: from, instance: fromInstance } = this.#roster;
    const { from: to, fromInstance: toInstance } = call.envelope;
    return encodeCallResponse({ cluster, from, fromInstance, to, toInstance }, body);
  }

  #body(method: PeerMethod, call: Call): CallResponseBody {
    const { envelope } = call;
    const { phase, reason, running, serving } = this.#state;
    // Refuses calls that would write.
    if (this.#disk.holds) return { refused: errors.diskFull.text };
    // An empty member has no configuration yet to check the sender against.
    const empty = phase !== "stopped" && (running?.storage.raft.lastIndex() ?? 0) === 0;
    if (this.#roster.wasOf(envelope.cluster)) return { refused: removalOf(envelope.from) };
    if (method === "wake") return { join: this.#birth.introduction(empty) };
    if (method === "witness") return this.#birth.witness(envelope);
    if (method === "join") {
      if (phase === "stopped") return { refused: `stopped: ${reason}` };
      return this.#birth.join(envelope, empty);
    }
    const why = refusal(this.#roster, envelope);
    if (why !== "") return { refused: why };
    return serving?.answer(method, call) ?? { refused: `member is ${phase}` };
  }
}
