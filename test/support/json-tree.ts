/** Whole JSON values, for tests that look at what requests hold. */
import type { JsonReader } from "../../src/api/gateway/json/text.ts";

/** An object's members in the order of the document, duplicates included. */
export class JsonObject {
  readonly members: readonly (readonly [name: string, value: Json])[];

  constructor(members: readonly (readonly [string, Json])[]) {
    this.members = members;
  }
}

/** A number as it was written; a string as its text; a literal as its name. */
export type Json = { readonly source: string } | string | JsonObject | readonly Json[];

/** The next value. Throws JsonSyntaxError. */
export function treeOf(reader: JsonReader): Json {
  const first = reader.peek();
  if (first === "{") {
    const members: (readonly [string, Json])[] = [];
    reader.object((name) => members.push([name, treeOf(reader)]));
    return new JsonObject(members);
  }
  if (first === "[") {
    const list: Json[] = [];
    reader.array(() => list.push(treeOf(reader)));
    return list;
  }
  const text = reader.scalar();
  return first === '"' ? text : { source: text };
}
