/**
 * Query parameters: the one place where they are read. A name that is not known, or that comes
 * twice, is refused: to go on without it would do something else than what was asked for.
 */
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import { percentDecoded, textOf } from "./percent.ts";

const bad = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);

/** The parameters that a request may have. */
export interface Allowed {
  readonly once: readonly string[];
  /** Those that may come any number of times. */
  readonly many?: readonly string[];
}

/** Characters of what a client called a parameter that an error repeats. */
const maxToldChars = 40;

/** The bytes that a name or a value stands for, as forms write it: with `+` for a space. */
function decoded(what: string, encoded: string): Uint8Array {
  const bytes = percentDecoded(encoded.replaceAll("+", "%20"));
  if (bytes === undefined) throw bad(`${what} is not percent-encoded`);
  return bytes;
}

export class Parameters {
  readonly #values = new Map<string, Uint8Array[]>();

  /** Of the part of a URL after the path, "" or from `?` on. Throws ApiError. */
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

  /** What it says; undefined where it is not there. */
  bytes(name: string): Uint8Array | undefined {
    return this.#values.get(name)?.[0];
  }

  /** The same as text. Throws ApiError where it is none. */
  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** All that it says. Throws ApiError where something is no text. */
  all(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).map((bytes) => {
      const text = textOf(bytes);
      if (text === undefined) throw bad(`${name} is no UTF-8`);
      return text;
    });
  }

  /** Whether it is `true`; it may be `false`, or not there. Throws ApiError. */
  flag(name: string): boolean {
    const text = this.text(name) ?? "false";
    if (text === "true" || text === "false") return text === "true";
    throw bad(`${name} must be true or false`);
  }
}

function unknown(name: string, allowed: readonly string[]): ApiError {
  const told = JSON.stringify(name.slice(0, maxToldChars));
  const taken = allowed.length === 0 ? "none" : allowed.join(", ");
  return bad(`unknown parameter ${told}: this request takes ${taken}`);
}
