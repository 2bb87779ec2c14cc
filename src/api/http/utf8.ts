import { InputError } from "../base/error.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a body. Throws InputError where the bytes are no UTF-8: to read them as
 * something else would take two names, or two passwords, for the same.
 */
export function textOfBody(bytes: Uint8Array | ArrayBuffer): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError("the body is no UTF-8");
    throw error;
  }
}
