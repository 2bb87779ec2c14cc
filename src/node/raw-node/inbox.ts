import { decodeMessage } from "../../proto/codec.ts";
import type { Message } from "../../proto/raftpb.ts";
import { InvalidMessageError, type RawNode } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { PeerActivity } from "./peer-activity.ts";
import { frameFault, isRefusal, withoutRound } from "./raft-config.ts";

/** What peers say to raft. What no correct member sends is dropped and counted. */
export class Inbox {
  readonly #core: Core;
  readonly #node: RawNode;
  readonly #activity: PeerActivity;
  readonly counters = { refusedMessages: 0 };

  constructor(core: Core, node: RawNode, activity: PeerActivity) {
    this.#core = core;
    this.#node = node;
    this.#activity = activity;
  }

  /** The messages of one frame; `before` is called with each before raft hears of it. */
  received(
    from: number,
    messages: readonly Uint8Array[],
    before: (message: Message) => void,
  ): void {
    for (const bytes of messages) {
      const refused = this.#fault(from, bytes, before);
      if (refused === "") this.#activity.heard(from, this.#core.ticks.now);
      else this.#refused(`message of member ${from} refused: ${refused}`);
    }
  }

  /** A message that came by a call. False where raft refused it. */
  step(message: Message): boolean {
    const fault = this.#refusalOf(() => {
      this.#node.step(message);
      return "";
    });
    if (fault === "") return true;
    this.#refused(`call of member ${message.from}: ${fault}`);
    return false;
  }

  /** Why a message was refused; "" where raft has it. */
  #fault(from: number, bytes: Uint8Array, before: (message: Message) => void): string {
    return this.#refusalOf(() => {
      const message = withoutRound(decodeMessage(bytes));
      const fault = frameFault(message, from, this.#core.options.memberId);
      if (fault !== "") return fault;
      before(message);
      this.#node.step(message);
      return "";
    });
  }

  #refusalOf(step: () => string): string {
    try {
      return step();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // A leader that counts on entries which this member has stored: they were lost since.
      const lost = error instanceof InvalidMessageError && error.lostLog;
      if (lost) {
        this.#core.ending.damaged(`entries at the end of the log are gone: ${error.message}`);
      }
      return error.message;
    }
  }

  #refused(what: string): void {
    this.counters.refusedMessages += 1;
    this.#core.environment.log.debug(what);
  }
}
