import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScriptError } from "./datadriven/line.ts";
import { type Part, parseScript, rewriteScript, type Stanza } from "./datadriven/script.ts";
import { harnessFor } from "./kinds.ts";

/** A command whose output is not what its file says, or a file that cannot be run on. */
export interface Failure {
  readonly file: string;
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

/** The scripts at a path: the file itself, or all `*.txt` below the folder, sorted. */
export function scriptsAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt"))
    .map((name) => join(path, name))
    .filter((file) => isScript(readFileSync(file, "utf8")))
    .sort();
}

/** A folder may hold other text files beside scripts: a script has a line of four dashes. */
function isScript(text: string): boolean {
  return /^----$/m.test(text);
}

/** Runs a file and returns what failed, every stanza compared. */
export function runScript(file: string): Failure[] {
  const failures: Failure[] = [];
  const fail = (line: number, command: string, expected: string, actual: string): void => {
    failures.push({ file, line, command, expected, actual });
  };
  let parts: Part[];
  try {
    parts = parseScript(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return [{ file, line: 1, command: "", expected: "a script", actual: error.message }];
  }
  const stanzas = stanzasOf(parts);
  if (stanzas.length === 0) fail(1, "", "a command", "none");
  const harness = harnessFor(stanzas);
  for (const stanza of stanzas) {
    let actual: string;
    try {
      actual = finalNewline(harness.run(stanza));
    } catch (error) {
      // The core throws where an invariant is broken; nothing after it would mean anything.
      fail(stanza.line, stanza.name, stanza.expected, describeError(error));
      break;
    }
    if (actual !== finalNewline(stanza.expected)) {
      fail(stanza.line, stanza.name, stanza.expected, actual);
    }
  }
  return failures;
}

/** Runs a file and writes what it printed into it as the expected output. */
export function recordScript(file: string): void {
  const parts = parseScript(readFileSync(file, "utf8"));
  const stanzas = stanzasOf(parts);
  const harness = harnessFor(stanzas);
  const outputs = stanzas.map((stanza) => finalNewline(harness.run(stanza)));
  writeFileSync(file, rewriteScript(parts, outputs));
}

/** A failure as a person reads it. */
export function mismatchText({ file, line, command, expected, actual }: Failure): string {
  const block = (text: string): string => finalNewline(text).replaceAll(/^(?=.)/gm, "    ");
  return `${file}:${line}: ${command}\n  expected:\n${block(expected)}  actual:\n${block(actual)}`;
}

function stanzasOf(parts: readonly Part[]): Stanza[] {
  return parts.flatMap((part) => (part.kind === "stanza" ? [part.stanza] : []));
}

function finalNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function describeError(error: unknown): string {
  if (error instanceof ScriptError) return error.message;
  return error instanceof Error ? `thrown: ${error.stack ?? error.message}` : `thrown: ${error}`;
}
