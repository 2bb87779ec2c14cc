/**
 * Reads query parameters, here and nowhere else. An unknown or repeated name is refused: ignoring
 * it would do something other than asked.
 */
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import { percentDecoded, textOf } from "./percent.ts";

const bad = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);

/** The parameters that a request may have. */
export interface Allowed {
  readonly once: readonly string[];
  /** Parameters that may be repeated. */
  readonly many?: readonly string[];
}

/** Characters of an unknown parameter's name that an error repeats. */
const maxShownChars = 40;

/** Decodes a name or a value as forms encode it, with `+` for a space. */
function decoded(what: string, encoded: string): Uint8Array {
  const bytes = percentDecoded(encoded.replaceAll("+", "%20"));
  if (bytes === undefined) throw bad(`${what} is not percent-encoded`);
  return bytes;
}

export class Parameters {
  readonly #values = new Map<string, Uint8Array[]>();

  /** Parses the part of a URL after the path, "" or from `?` on. Throws ApiError. */
  constructor(search: string, allowed: Allowed) {
    const { once, many = [] } = allowed;
    for (const part of search.replace(/^\?/, "").split("&")) {
      if (part === "") continue;
      const equals = part.indexOf("=");
      const encodedName = equals < 0 ? part : part.slice(0, equals);
      const name = textOf(decoded("the name of a parameter", encodedName));
      if (name === undefined || !(once.includes(name) || many.includes(name))) {
        throw unknown(name ?? encodedName, [...once, ...many]);
      }
      const value = decoded(name, equals < 0 ? "" : part.slice(equals + 1));
      const before = this.#values.get(name) ?? [];
      if (before.length > 0 && once.includes(name)) throw bad(`${name} is there more than once`);
      this.#values.set(name, [...before, value]);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The parameter's bytes; undefined without it. */
  bytes(name: string): Uint8Array | undefined {
    return this.#values.get(name)?.[0];
  }

  /** The parameter as text; undefined without it. Throws ApiError where it is not UTF-8. */
  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** All values of the parameter. Throws ApiError where one is not UTF-8. */
  all(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).map((bytes) => {
      const text = textOf(bytes);
      if (text === undefined) throw bad(`${name} is no UTF-8`);
      return text;
    });
  }

  /** Whether the parameter is `true`; false without it. Throws ApiError for another value. */
  flag(name: string): boolean {
    const text = this.text(name) ?? "false";
    if (text === "true" || text === "false") return text === "true";
    throw bad(`${name} must be true or false`);
  }
}

function unknown(name: string, allowed: readonly string[]): ApiError {
  const shown = JSON.stringify(name.slice(0, maxShownChars));
  const taken = allowed.length === 0 ? "none" : allowed.join(", ");
  return bad(`unknown parameter ${shown}: this request takes ${taken}`);
}
