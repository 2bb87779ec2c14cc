import { type Argument, parseUint, ScriptError } from "../datadriven/line.ts";

/** The positional arguments, which are ids of nodes. */
export function ids(args: readonly Argument[]): number[] {
  return args.filter(({ values }) => values.length === 0).map(({ key }) => parseUint(key));
}

/** The number at a position. */
export function numberAt(args: readonly Argument[], position: number): number {
  const arg = args[position];
  if (arg === undefined) throw new ScriptError(`argument ${position + 1} is missing`);
  return parseUint(arg.key);
}

/** The number given as `key=`. */
export function numberOf(args: readonly Argument[], key: string): number {
  const found = args.find((arg) => arg.key === key)?.values[0];
  if (found === undefined) throw new ScriptError(`argument ${key}= is missing`);
  return parseUint(found);
}

/** All `key=value` pairs, one for each value of a list. */
export function pairs(args: readonly Argument[]): [key: string, value: string][] {
  return args.flatMap(({ key, values }) => values.map((value): [string, string] => [key, value]));
}
