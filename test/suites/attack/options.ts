/** The command line of `npm run attack`. */
import { parseArgs } from "node:util";

export const usage = `npm run attack -- [--only 4,7] [--part NAME] [--list] [--help]

Attacks clusters on workerd with the deployed bundle, one attack after the other, each within a time
limit of its own, and prints what each costs beside its bound (bounds.ts). Exits 1 where a bound is
passed, where an attack does not come to its end, or where a bounded figure was not measured;
0 otherwise.

  --only IDS  these attacks alone, by number or name
  --part NAME of the attacks that have parts, this one alone; the figures of the others are missing
  --list      what there is
  --help      this

"idle" is the process as it stands with three members that do nothing. Members and Worker share one
process and one thread here: what holds one member for a second may hold its neighbours, too.
Figures are this machine's: run nothing else beside it.`;

export interface Options {
  readonly what: "run" | "list" | "help";
  /** Undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Undefined: all. */
  readonly part: string | undefined;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Throws RangeError for what there is none of, TypeError for what it does not know. */
export function optionsOf(args: readonly string[], known: readonly Named[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      part: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const given = values.only?.flatMap((text) => text.split(","));
  const only = given?.map((text) => idOf(text.trim(), known));
  return { what: values.help ? "help" : values.list ? "list" : "run", only, part: values.part };
}

function idOf(text: string, known: readonly Named[]): string {
  const found = known.find(({ id, name }) => id === text || name === text);
  if (found !== undefined) return found.id;
  throw new RangeError(`--only ${text} is none of ${known.map(({ id }) => id).join(", ")}`);
}
