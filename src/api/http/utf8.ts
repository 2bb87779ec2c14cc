import { InputError } from "../base/error.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A body as text. Throws InputError where it is not UTF-8: replacing bytes could make two names, or
 * two passwords, equal.
 */
export function textOfBody(bytes: Uint8Array | ArrayBuffer): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError("the body is no UTF-8");
    throw error;
  }
}
