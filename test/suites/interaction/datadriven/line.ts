/** A file that is not written in the command language: what, not where. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/** `key`, `key=val` or `key=(a,b,c)`. */
export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface ScriptCommand {
  readonly name: string;
  readonly args: readonly Argument[];
}

const directive = /^ *([^\s=()]+)(?:=(\([^)]*\)|[^\s()]*))?(?= |$)/;

/** Reads one line of a command and its arguments. An empty line is undefined. */
export function parseCommand(line: string): ScriptCommand | undefined {
  let rest = line.trim();
  const words: Argument[] = [];
  while (rest !== "") {
    const match = directive.exec(rest);
    if (match === null) throw new ScriptError(`cannot parse directive: ${rest}`);
    words.push({ key: match[1] ?? "", values: valuesOf(match[2]) });
    rest = rest.slice(match[0].length).trimStart();
  }
  const [first, ...args] = words;
  return first === undefined ? undefined : { name: first.key, args };
}

function valuesOf(text: string | undefined): string[] {
  if (text === undefined) return [];
  if (!text.startsWith("(")) return [text];
  const inner = text.slice(1, -1).trim();
  return inner === "" ? [] : inner.split(",").map((value) => value.trim());
}

/** An unsigned integer, as in an id or index. */
export function parseUint(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new ScriptError(`not an unsigned integer: ${text}`);
  }
  return value;
}

/** What Go takes for a boolean. */
export function bool(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new ScriptError(`not a boolean: ${text}`);
}
