import type { Incarnation, Invariant } from "./facts.ts";
import { type Mark, sameMark } from "./shadow-log.ts";

/**
 * If a server has applied a log entry at a given index to its state machine, no other server will
 * ever apply a different log entry for the same index (Raft paper, figure 3).
 */
export class StateMachineSafety implements Invariant {
  readonly name = "state machine safety";
  readonly #applied = new Map<number, { readonly mark: Mark; readonly by: string }>();

  /** The highest index that anybody is known to have applied. */
  highest = 0;

  applied(who: Incarnation, index: number, mark: Mark): string | undefined {
    this.highest = Math.max(this.highest, index);
    const known = this.#applied.get(index);
    if (known === undefined) {
      this.#applied.set(index, { mark, by: who.name });
      return undefined;
    }
    if (sameMark(known.mark, mark)) return undefined;
    return (
      `${who.name} applied an entry of term ${mark.term} at ${index}, ` +
      `${known.by} another of term ${known.mark.term}`
    );
  }
}
