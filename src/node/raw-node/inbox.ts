import { decodeMessage } from "../../proto/codec.ts";
import type { Message } from "../../proto/raftpb.ts";
import { InvalidMessageError, type RawNode } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { PeerActivity } from "./peer-activity.ts";
import { frameFault, isRefusal, withoutRound } from "./raft-config.ts";

/** Steps peers' messages into raft. Drops and counts messages that no correct member sends. */
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

  /** Steps the messages of one frame; `before` is called with each of them first. */
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

  /** Steps a message that came by a call. False where raft refused it. */
  step(message: Message): boolean {
    const fault = this.#refusalOf(() => {
      this.#node.step(message);
      return "";
    });
    if (fault === "") return true;
    this.#refused(`call of member ${message.from}: ${fault}`);
    return false;
  }

  /** Why a message was refused; "" where raft took it. */
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
      // The leader counts on entries that this member stored and has since lost.
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
