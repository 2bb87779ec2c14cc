import { type Message, MessageType } from "../../proto/raftpb.ts";
import type { JointConfig } from "../../raft/quorum/joint.ts";
import type { CallBody, CallResponse } from "../peers/frame-codec.ts";
import type { MemberEnvironment, TimerHandle } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";
import { Confirmation } from "./confirmation.ts";
import { Reads } from "./read-index.ts";

export interface ReadRoundsParts {
  readonly environment: MemberEnvironment;
  readonly memberId: number;
  readonly tuning: Tuning;
  call(peer: number, method: "readRound", body: CallBody): Promise<CallResponse>;
  turn(input: () => void): void;
  readIndex(context: Uint8Array): void;
  /** Hands raft a message. False where raft refused it. */
  step(message: Message): boolean;
  send(messages: readonly Message[]): void;
  /** A follower's read will wait for what is committed: it is told so now. */
  tellCommit(peer: number): void;
  leads(): boolean;
  term(): number;
  voters(): JointConfig;
  /** Writes a row of the log for its own sake. */
  writeFence(): void;
}

/** Calls of read rounds to one peer that are not answered. */
const maxCalls = 8;

/**
 * Linearizable reads between raft and the platform: this member's own, and as leader those that
 * followers ask for. Rounds go out as calls on fresh stubs, which the platform routes to the live
 * instance of a peer; and what they confirm is given away only when this leader cannot be a
 * superseded one.
 */
export class ReadRounds {
  readonly reads: Reads;
  readonly confirmation: Confirmation;
  readonly counters = { readRounds: 0, fences: 0 };
  readonly #parts: ReadRoundsParts;
  readonly #calls = new Map<number, number>();
  #fenceTimer: TimerHandle | undefined;
  #syncedRow = 0;

  constructor(parts: ReadRoundsParts) {
    const { tuning, environment, memberId } = parts;
    this.#parts = parts;
    this.confirmation = new Confirmation(memberId);
    this.reads = new Reads(tuning, environment.random, (context) => {
      this.confirmation.arrived(context);
      parts.readIndex(context);
    });
  }

  /** A follower asks this leader; before raft hears of it. */
  asked({ type, entries }: Message): void {
    const [request] = entries;
    if (type !== MessageType.MsgReadIndex || request === undefined) return;
    this.confirmation.arrived(request.data);
  }

  /**
   * A heartbeat that asks for an acknowledgement. That it keeps the peer from campaigning must not
   * hang on the call, so a tick's heartbeat also goes as a frame, without its question.
   */
  sendRound(heartbeat: Message, isTick: boolean): void {
    const { to, term, context } = heartbeat;
    if (context === undefined) throw new Error("a read round without a context");
    this.confirmation.sent(context);
    this.counters.readRounds += 1;
    if (isTick) this.#parts.send([{ ...heartbeat, context: undefined }]);
    const calls = this.#calls.get(to) ?? 0;
    // A peer that does not answer is asked again with the next heartbeat, when there is room.
    if (calls >= maxCalls) return;
    this.#calls.set(to, calls + 1);
    const ended = () => this.#calls.set(to, (this.#calls.get(to) ?? 1) - 1);
    this.#parts.call(to, "readRound", { message: heartbeat }).then(
      ({ message }) => {
        ended();
        if (message !== undefined) this.#parts.turn(() => this.#answered(to, term, message));
      },
      (error) => {
        ended();
        this.#parts.environment.log.debug(`read round to member ${to}: ${error}`);
      },
    );
  }

  /** A leader's own reads wait for confirmation; a follower's were confirmed by the leader. */
  holdReadState(context: Uint8Array, index: number): void {
    const release = () => {
      this.reads.confirmed(context, index);
    };
    if (this.#parts.leads()) this.confirmation.hold(context, this.#parts.voters(), release);
    else release();
  }

  holdReadIndexResp(response: Message): void {
    const context = response.entries[0]?.data ?? new Uint8Array();
    this.confirmation.hold(context, this.#parts.voters(), () => {
      this.#parts.tellCommit(response.to);
      this.#parts.send([response]);
    });
  }

  /** The end of a turn: reads that wait for a row get one, and it is noticed when it is durable. */
  settle(): void {
    const { environment, tuning, voters } = this.#parts;
    if (this.confirmation.needsRow && this.#fenceTimer === undefined) {
      const alone = voters().ids.length === 1;
      this.#fenceTimer = environment.timers.start(
        () => this.#fence(),
        // Nobody else could answer in its place.
        alone ? 0 : tuning.fenceMs,
      );
    }
    const row = this.confirmation.rowsBegun;
    if (row === this.#syncedRow || !this.confirmation.waiting) return;
    this.#syncedRow = row;
    environment.sync().then(
      () => this.#parts.turn(() => this.confirmation.rowDurable(row)),
      // The commit failed: the platform resets the object, and nothing of this instance leaves.
      (error) => environment.log.error(`commit failed: ${error}`),
    );
  }

  /** Leads no longer: who asked asks the next leader. */
  reset(): void {
    this.confirmation.reset();
  }

  close(): void {
    this.#fenceTimer?.cancel();
    this.#fenceTimer = undefined;
  }

  #answered(from: number, term: number, response: Message): void {
    const { context } = response;
    const { memberId, leads, voters } = this.#parts;
    const wrong = response.type !== MessageType.MsgHeartbeatResp || response.from !== from;
    if (wrong || response.to !== memberId || context === undefined) return;
    // Contexts are counted from one again in each term.
    const current = this.#parts.term();
    if (!leads() || response.term !== current || term !== current) return;
    if (!voters().has(from) || !this.#parts.step(response)) return;
    this.confirmation.answered(from, context, voters());
  }

  #fence(): void {
    this.#fenceTimer = undefined;
    if (!this.confirmation.needsRow) return;
    this.#parts.writeFence();
    this.counters.fences += 1;
  }
}
