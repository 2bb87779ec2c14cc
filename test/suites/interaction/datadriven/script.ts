import { parseCommand, type ScriptCommand, ScriptError } from "./line.ts";

/** One command of a script with its input and the output it is expected to print. */
export interface Stanza extends ScriptCommand {
  /** Of the command, counted from 1. */
  readonly line: number;
  readonly input: string;
  readonly expected: string;
}

/** Lines that stand for themselves (comments, blank ones), or a command with its lines. */
export type Part =
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | { readonly kind: "stanza"; readonly stanza: Stanza; readonly head: readonly string[] };

const separator = "----";

/**
 * Reads a file of cockroachdb's datadriven format. Throws ScriptError, with the line, for one that
 * is not.
 */
export function parseScript(text: string): Part[] {
  const parts: Part[] = [];
  const lines = new Lines(text);
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const at = lines.count;
    if (line.trim() === "" || line.trim().startsWith("#")) {
      parts.push({ kind: "text", lines: [line] });
      continue;
    }
    const head = [line];
    let whole = line.trim();
    while (whole.endsWith("\\")) {
      const more = lines.next();
      if (more === undefined) break;
      head.push(more);
      whole = `${whole.slice(0, -1).trimEnd()} ${more.trim()}`;
    }
    const command = parseAt(whole, at);
    const input: string[] = [];
    let separated = false;
    for (let more = lines.next(); more !== undefined; more = lines.next()) {
      separated = more === separator;
      if (separated) break;
      input.push(more);
    }
    if (!separated) throw new ScriptError(`line ${at}: no ${separator} after ${command.name}`);
    const expected = readExpected(lines);
    const stanza = { ...command, line: at, input: input.join("\n").trim(), expected };
    parts.push({ kind: "stanza", stanza, head: [...head, ...input] });
  }
  return parts;
}

function parseAt(text: string, line: number): ScriptCommand {
  try {
    const command = parseCommand(text);
    if (command === undefined) throw new ScriptError("no command");
    return command;
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new ScriptError(`line ${line}: ${error.message}`);
  }
}

function readExpected(lines: Lines): string {
  const expected: string[] = [];
  let line = lines.next();
  if (line !== separator) {
    for (; line !== undefined && line.trim() !== ""; line = lines.next()) expected.push(line);
    return joined(expected);
  }
  const at = lines.count;
  for (line = lines.next(); line !== undefined; line = lines.next()) {
    if (line === separator && lines.peek() === separator) {
      lines.next();
      const after = lines.next();
      if (after !== undefined && after !== "") {
        throw new ScriptError(`line ${lines.count}: no blank line after ${separator} ${separator}`);
      }
      return joined(expected);
    }
    expected.push(line);
  }
  throw new ScriptError(`line ${at}: ${separator} ${separator} is never closed`);
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** The script with other outputs, in order of its stanzas; nothing else of it changes. */
export function rewriteScript(parts: readonly Part[], outputs: readonly string[]): string {
  const lines: string[] = [];
  let at = 0;
  for (const part of parts) {
    if (part.kind === "text") {
      lines.push(...part.lines);
      continue;
    }
    const output = outputs[at++] ?? "";
    const body = output === "" ? [] : output.replace(/\n$/, "").split("\n");
    const guard = body.some((line) => line.trim() === "") ? [separator] : [];
    lines.push(...part.head, separator, ...guard, ...body, ...guard, ...guard, "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

class Lines {
  readonly #lines: readonly string[];
  /** Lines taken so far, which is the number of the last one. */
  count = 0;

  constructor(text: string) {
    this.#lines = text.replace(/\n$/, "").split("\n");
  }

  next(): string | undefined {
    const line = this.#lines[this.count];
    if (line !== undefined) this.count++;
    return line?.replace(/\r$/, "");
  }

  peek(): string | undefined {
    return this.#lines[this.count];
  }
}
