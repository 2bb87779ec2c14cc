import assert from "node:assert/strict";
import type { Field, Message } from "../../../../src/proto/message.ts";
import { bytes } from "../support.ts";

/** A field, and another value in it. */
export interface Edit<T> {
  readonly path: string;
  readonly what: string;
  apply(whole: T): T;
}

const most = 2 ** 53 - 1;
const numbers = (value: number): unknown[] => [0, 1, value - 1, value + 1, -1, most, -most];
const bigints = (value: bigint): unknown[] => [0n, 1n, value + 1n, -1n, 2n ** 63n - 1n];

function valuesFor({ type, wide }: Pick<Field, "type" | "wide">, value: unknown): unknown[] {
  if (type === "bool") return [value !== true];
  if (type === "string") return ["", "x", "root", "x".repeat(3_000)];
  if (type === "bytes") {
    const there = value as Uint8Array;
    const flipped = there.slice();
    if (there.length > 0) flipped[0] = (flipped[0] ?? 0) ^ 1;
    const longer = new Uint8Array([...there, 7]);
    return [
      bytes(""),
      bytes("junk"),
      new Uint8Array(16),
      new Uint8Array(2_000_001),
      flipped,
      longer,
    ];
  }
  const small = type === "uint32" || type === "enum" || type === "int32";
  if (small) return [0, 1, 2, 99, 2 ** 31 - 1].filter((each) => each !== value);
  return wide ? bigints(value as bigint) : numbers(value as number);
}

export type Loose = Readonly<Record<string, unknown>>;
export type Put<T> = (whole: T, value: unknown) => T;

/** All edits of one message, and of those within it: of a list the first and the last element. */
export function* editsOf<T>(
  kind: Message<object>,
  value: Loose,
  path: string,
  put: Put<T>,
): Generator<Edit<T>> {
  for (const field of kind.fields) {
    const old = value[field.property];
    const at = `${path}.${field.property}`;
    const set: Put<T> = (whole, changed) => put(whole, { ...value, [field.property]: changed });
    const edit = (what: string, changed: unknown): Edit<T> => {
      return { path: at, what, apply: (whole) => set(whole, changed) };
    };
    if (field.repeated) yield* editsOfList(field, old as readonly unknown[], at, set);
    else if (field.type === "message" && old !== undefined) {
      yield edit("absent", undefined);
      yield* editsOf(kindOf(field), old as Loose, at, set);
    } else if (field.type !== "message") {
      for (const changed of valuesFor(field, old)) yield edit(nameOf(changed), changed);
    }
  }
}

export function* editsOfList<T>(
  field: Pick<Field, "type" | "wide" | "message">,
  old: readonly unknown[],
  path: string,
  set: Put<T>,
): Generator<Edit<T>> {
  const lists: Record<string, readonly unknown[]> = {
    empty: [],
    reversed: old.toReversed(),
    "the first twice": [...old.slice(0, 1), ...old],
    "the last twice": [...old, ...old.slice(-1)],
    "without the first": old.slice(1),
    "without the last": old.slice(0, -1),
  };
  if (field.type === "message") lists["one more"] = [...old, kindOf(field).create()];
  else
    lists["one more"] = [...old, ...valuesFor(field, field.type === "string" ? "" : 0).slice(-1)];
  for (const [what, list] of Object.entries(lists)) {
    yield { path, what, apply: (whole: T) => set(whole, list) };
  }
  for (const i of new Set([0, old.length - 1])) {
    const item = old[i];
    if (item === undefined) continue;
    const replace: Put<T> = (whole, changed) => set(whole, old.with(i, changed));
    if (field.type === "message")
      yield* editsOf(kindOf(field), item as Loose, `${path}[]`, replace);
    else {
      for (const changed of valuesFor(field, item)) {
        const apply = (whole: T) => replace(whole, changed);
        yield { path: `${path}[]`, what: nameOf(changed), apply };
      }
    }
  }
}

function kindOf({ message }: Pick<Field, "message">): Message<object> {
  assert.ok(message);
  return message();
}

function nameOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value).slice(0, 20);
  return value.length > 40 ? `${value.length} bytes` : `[${value}]`;
}
