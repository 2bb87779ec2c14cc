import { ConfChangeHarness } from "./confchange.ts";
import type { Stanza } from "./datadriven/script.ts";
import { InteractionHarness } from "./interaction.ts";
import { QuorumHarness } from "./quorum.ts";

/** Runs the commands of one file in order, keeping state in between. */
export interface ScriptHarness {
  /** What the command prints. Throws ScriptError where it cannot be understood. */
  run(stanza: Stanza): string;
}

/** The kind of a file is told from its commands: no two kinds share one. */
export function harnessFor(stanzas: readonly Stanza[]): ScriptHarness {
  const names = new Set(stanzas.map(({ name }) => name));
  if (["committed", "vote"].some((name) => names.has(name))) return new QuorumHarness();
  if (["simple", "enter-joint", "leave-joint"].some((name) => names.has(name))) {
    return new ConfChangeHarness();
  }
  return new InteractionHarness();
}
