import { toBase64 } from "../http/base64.ts";
import { textOf } from "../http/percent.ts";

/** A member of a JSON object: named `name` as text, or `<name>_base64` if not UTF-8. */
export function textMember(name: string, bytes: Uint8Array): Record<string, string> {
  const text = textOf(bytes);
  return text === undefined ? { [`${name}_base64`]: toBase64(bytes) } : { [name]: text };
}
