import type { HardState } from "../../../../../src/proto/raftpb.ts";
import { type Message, MessageType } from "../../../../../src/proto/raftpb.ts";
import type { Incarnation, Invariant } from "./facts.ts";
import { type Mark, markOf, sameMark } from "./shadow-log.ts";

interface Place {
  readonly mark: Mark;
  /** The term of the entry before it; undefined where a snapshot covers it. */
  previousTerm: number | undefined;
  readonly by: string;
}

/**
 * If two logs contain an entry with the same index and term, then the logs are identical in all
 * entries up through the given index (Raft paper, figure 3): by induction it is enough that such
 * entries are the same and follow the same one. Of durable logs, and of what leaders send.
 */
export class LogMatching implements Invariant {
  readonly name = "log matching";
  /** By term, then by index. */
  readonly #places = new Map<number, Map<number, Place>>();
  /** How far each member's durable log was looked at. */
  readonly #checked = new Map<number, { readonly index: number; readonly term: number }>();

  persisted(who: Incarnation, _before: HardState, _after: HardState): string | undefined {
    const { durable } = who;
    const last = this.#checked.get(who.member);
    let from = durable.firstIndex;
    if (last !== undefined && durable.termAt(last.index) === last.term) {
      from = Math.max(from, last.index + 1);
    }
    for (let index = from; index <= durable.lastIndex; index++) {
      const mark = durable.at(index);
      if (mark === undefined) continue;
      const problem = this.#put(index, mark, durable.termAt(index - 1), who.name);
      if (problem !== undefined) return problem;
    }
    const term = durable.termAt(durable.lastIndex) ?? 0;
    this.#checked.set(who.member, { index: durable.lastIndex, term });
    return undefined;
  }

  sent(message: Message, from: { readonly name: string }): string | undefined {
    if (message.type !== MessageType.MsgApp) return undefined;
    let previous = message.logTerm;
    for (const entry of message.entries) {
      const problem = this.#put(entry.index, markOf(entry), previous, `${from.name}'s MsgApp`);
      if (problem !== undefined) return problem;
      previous = entry.term;
    }
    return undefined;
  }

  #put(
    index: number,
    mark: Mark,
    previousTerm: number | undefined,
    by: string,
  ): string | undefined {
    let places = this.#places.get(mark.term);
    if (places === undefined) {
      places = new Map();
      this.#places.set(mark.term, places);
    }
    const known = places.get(index);
    if (known === undefined) {
      places.set(index, { mark, previousTerm, by });
      return undefined;
    }
    if (!sameMark(known.mark, mark)) {
      return `entry ${index} of term ${mark.term} differs: ${known.by} and ${by}`;
    }
    known.previousTerm ??= previousTerm;
    if (previousTerm !== undefined && previousTerm !== known.previousTerm) {
      return (
        `entry ${index} of term ${mark.term} follows term ${previousTerm} for ${by}, ` +
        `${known.previousTerm} for ${known.by}`
      );
    }
    return undefined;
  }
}
