import type { StateMachine } from "../../../../../src/kv/state-machine.ts";
import type { Incarnation, Invariant } from "./facts.ts";

/** A recomputation costs a pass over the state: one in so many, and each that is asked for. */
const recomputeEvery = 200;

/**
 * Members at one applied index hold the same state, and the fingerprint that is kept up entry by
 * entry is that of the records themselves (docs/architecture.md, The fingerprint).
 */
export class Fingerprints implements Invariant {
  readonly name = "fingerprints";
  readonly #known = new Map<number, { readonly fingerprint: string; readonly by: string }>();
  #calls = 0;
  compared = 0;
  recomputed = 0;

  fingerprint(
    who: Incarnation,
    index: number,
    machine: StateMachine,
    recompute = false,
  ): () => string | undefined {
    const fingerprint = machine.status.fingerprint();
    this.#calls += 1;
    let wrong: string | undefined;
    if (recompute || this.#calls % recomputeEvery === 0) {
      this.recomputed += 1;
      const fromScratch = machine.status.recomputeFingerprint();
      if (fromScratch !== fingerprint) {
        wrong = `${who.name} at ${index} keeps ${fingerprint}, its records sum to ${fromScratch}`;
      }
    }
    return () => wrong ?? this.#compare(who, index, fingerprint);
  }

  #compare(who: Incarnation, index: number, fingerprint: string): string | undefined {
    const known = this.#known.get(index);
    if (known === undefined) {
      this.#known.set(index, { fingerprint, by: who.name });
      return undefined;
    }
    this.compared += 1;
    if (known.fingerprint === fingerprint) return undefined;
    return `at ${index} ${who.name} has ${fingerprint}, ${known.by} had ${known.fingerprint}`;
  }
}
