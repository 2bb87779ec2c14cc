/**
 * A JSON reader that keeps what JSON.parse loses: the source text of numbers (64-bit integers
 * arrive bare), the order of members (the last duplicate wins, whichever spelling it has), and the
 * place where a value ends (values follow each other on a stream). Its depth is bounded.
 */

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object's members in the order of the document, duplicates included. */
export class JsonObject {
  readonly members: readonly (readonly [name: string, value: Json])[];

  constructor(members: readonly (readonly [string, Json])[]) {
    this.members = members;
  }
}

export type Json = null | boolean | string | JsonNumber | JsonObject | readonly Json[];

/** Text that is no JSON. `unfinished`: more text could still make it a value. */
export class JsonSyntaxError extends Error {
  readonly unfinished: boolean;

  constructor(message: string, unfinished = false) {
    super(message);
    this.unfinished = unfinished;
  }
}

/** Objects and arrays within each other. A transaction level takes three. */
export const maxDepth = 400;

const space = /[ \t\r\n]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them bare in strings
const needsCare = /[\\\u0000-\u001f]/;
const literals: readonly (readonly [string, null | boolean])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

/** Reads one value after another from a text. */
export class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The position behind the last value read. */
  get position(): number {
    return this.#at;
  }

  /** Whether only white space is left. Moves past it. */
  atEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#text.length;
  }

  /** The next value. Throws JsonSyntaxError, and then stands where the error is. */
  next(): Json {
    this.#depth = 0;
    return this.#value();
  }

  #skipSpace(): void {
    space.lastIndex = this.#at;
    space.test(this.#text);
    this.#at = space.lastIndex;
  }

  #value(): Json {
    this.#skipSpace();
    const c = this.#text[this.#at];
    if (c === undefined) throw this.#unfinished();
    if (c === "{") return this.#nested(() => this.#object());
    if (c === "[") return this.#nested(() => this.#array());
    if (c === '"') return this.#string();
    if (c === "-" || (c >= "0" && c <= "9")) return this.#number();
    return this.#literal();
  }

  #nested<T>(read: () => T): T {
    if (this.#depth >= maxDepth) throw new JsonSyntaxError("exceeded max recursion depth");
    this.#depth += 1;
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): JsonObject {
    const members: (readonly [string, Json])[] = [];
    if (this.#take("}")) return new JsonObject(members);
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected("looking for a field name");
      const name = this.#string();
      if (!this.#take(":")) throw this.#unexpected("after a field name");
      members.push([name, this.#value()]);
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected("after a field's value");
    return new JsonObject(members);
  }

  #array(): Json[] {
    const values: Json[] = [];
    if (this.#take("]")) return values;
    do values.push(this.#value());
    while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected("after an array's element");
    return values;
  }

  #take(c: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== c) return false;
    this.#at += 1;
    return true;
  }

  #string(): string {
    let end = this.#at;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw this.#unfinished();
    } while (this.#isEscaped(end));
    const quoted = this.#text.slice(this.#at, end + 1);
    let value: string;
    if (needsCare.test(quoted)) {
      try {
        value = JSON.parse(quoted) as string;
      } catch (cause) {
        throw new JsonSyntaxError(`invalid string: ${(cause as Error).message}`);
      }
    } else {
      value = quoted.slice(1, -1);
    }
    this.#at = end + 1;
    return value;
  }

  #isEscaped(quote: number): boolean {
    let slashes = 0;
    while (this.#text[quote - 1 - slashes] === "\\") slashes += 1;
    return slashes % 2 === 1;
  }

  #number(): JsonNumber {
    number.lastIndex = this.#at;
    const found = number.exec(this.#text);
    if (found === null) throw this.#unexpected("in a number");
    this.#at = number.lastIndex;
    return new JsonNumber(found[0]);
  }

  #literal(): null | boolean {
    for (const [text, value] of literals) {
      if (this.#text.startsWith(text, this.#at)) {
        this.#at += text.length;
        return value;
      }
      if (text.startsWith(this.#text.slice(this.#at))) throw this.#unfinished();
    }
    throw this.#unexpected("looking for a value");
  }

  #unexpected(where: string): JsonSyntaxError {
    const c = this.#text[this.#at];
    if (c === undefined) return this.#unfinished();
    const shown = JSON.stringify(c).slice(1, -1);
    return new JsonSyntaxError(`invalid character '${shown}' ${where}`);
  }

  #unfinished(): JsonSyntaxError {
    return new JsonSyntaxError("unexpected EOF", true);
  }
}
