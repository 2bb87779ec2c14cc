/**
 * Messages to proto3-JSON text: compact, fields in the order of declaration under their .proto
 * names, zero values left out, 64-bit integers as decimal strings, enums by name.
 */
import type { Field, Message } from "../../../proto/message.ts";
import { toBase64 } from "../../http/base64.ts";

/** The JSON text of a message. */
export function writeMessage<T extends object>(kind: Message<T>, message: T): string {
  const values = message as Readonly<Record<string, unknown>>;
  let text = "";
  for (const field of kind.fields) {
    const value = values[field.property];
    if (value === undefined) continue;
    const written = field.repeated ? writeList(field, value) : writeField(field, value);
    if (written === undefined) continue;
    text += `${text === "" ? "" : ","}"${field.name}":${written}`;
  }
  return `{${text}}`;
}

function writeList(field: Field, value: unknown): string | undefined {
  const list = value as readonly unknown[];
  if (list.length === 0) return undefined;
  return `[${list.map((element) => writeOne(field, element)).join(",")}]`;
}

/** The text of a field's value; undefined where proto3 omits it. */
function writeField(field: Field, value: unknown): string | undefined {
  // A member of a oneof is written whenever it is set, even to zero.
  if (field.oneof === undefined && isZero(value)) return undefined;
  return writeOne(field, value);
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0n || value === 0 || value === false || value === "";
}

function writeOne(field: Field, value: unknown): string {
  switch (field.type) {
    case "message":
      if (field.message === undefined) throw new Error(`${field.name} has no kind of message`);
      return writeMessage(field.message(), value as object);
    case "bytes":
      return `"${toBase64(value as Uint8Array)}"`;
    case "int64":
    case "uint64":
      return `"${value as bigint | number}"`;
    case "enum": {
      const name = enumName(field, value as number);
      return name === undefined ? String(value) : `"${name}"`;
    }
    default:
      return JSON.stringify(value);
  }
}

function enumName(field: Field, value: number): string | undefined {
  for (const [name, number] of Object.entries(field.values ?? {})) {
    if (number === value) return name;
  }
  return undefined;
}
