import type { ProfileName } from "../profiles.ts";

/** Text of a source file; several lines as a list. */
export type Text = string | readonly string[];

/** One replacement in one source file: `find` is there exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: Text;
  readonly replace: Text;
}

/**
 * A variant of the project that is known to be wrong. It is made while the source is loaded, so
 * that the code has no seams for it, and the deployed bundle nothing of it.
 */
export interface Mutant {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly about: string;
  readonly edits: readonly Edit[];
  /** Where it is looked for, in this order, one seed of each after another. */
  readonly profiles: readonly ProfileName[];
  /** A test that is run in the simulator's place, where clients cannot see the difference. */
  readonly test?: string;
}

/** Throws where an edit does not fit its file any more. */
export function mutate(file: string, source: string, mutant: Mutant): string {
  let text = source;
  for (const edit of mutant.edits) {
    if (edit.file !== file) continue;
    const parts = text.split(whole(edit.find));
    if (parts.length !== 2) {
      throw new Error(`${mutant.name}: ${file} has its text ${parts.length - 1} times, not once`);
    }
    text = parts.join(whole(edit.replace));
  }
  return text;
}

function whole(text: Text): string {
  return typeof text === "string" ? text : text.join("\n");
}
