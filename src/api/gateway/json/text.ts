/**
 * A pull parser for JSON: the caller reads what it knows and skips the rest, for which nothing is
 * created. Unlike JSON.parse it keeps the source of numbers (64-bit integers come bare), the order
 * of members, and where a value ends. It looks at each character a bounded number of times, and
 * bounds the depth.
 */

import { InputError } from "../../base/error.ts";

/** The text is not valid JSON. */
export class JsonSyntaxError extends InputError {
  override readonly name = "JsonSyntaxError";
}

/** Nested objects and arrays. A level of a transaction takes three. */
export const maxDepth = 400;

export const tooDeep = (): JsonSyntaxError => new JsonSyntaxError("exceeded max recursion depth");

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them bare in strings
const needsCare = /[\\\u0000-\u001f]/;
const literals: readonly string[] = ["null", "true", "false"];

/** UTF-16 codes of the characters that the parser compares. */
const code = { quote: 0x22, minus: 0x2d, zero: 0x30, nine: 0x39, dot: 0x2e, slash: 0x5c } as const;

const isDigit = (c: number): boolean => c >= code.zero && c <= code.nine;
export const isSpace = (c: number): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;

/** Reads a text value by value. After a JsonSyntaxError it must not be used. */
export class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether only white space is left. Moves past it. */
  atEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#text.length;
  }

  /** The first character of the next value. Throws JsonSyntaxError where there is none. */
  peek(): string {
    this.#skipSpace();
    const c = this.#text[this.#at];
    if (c === undefined) throw this.#unfinished();
    return c;
  }

  /** The source of the next value, checked to be valid JSON. */
  raw(): string {
    this.#skipSpace();
    const start = this.#at;
    this.skip();
    return this.#text.slice(start, this.#at);
  }

  /** Moves past the next value. */
  skip(): void {
    const c = this.peek();
    if (c === "{") this.object(() => this.skip());
    else if (c === "[") this.array(() => this.skip());
    else this.scalar();
  }

  /**
   * The next value, which is not an object or array: the text of a string, the source of any other.
   */
  scalar(): string {
    const c = this.peek();
    if (c === '"') return this.#string();
    return c === "-" || isDigit(c.charCodeAt(0)) ? this.#number() : this.#literal();
  }

  /** Reads the next object. Calls `member` with each name, which must read or skip the value. */
  object(member: (name: string) => void): void {
    this.#enter("{");
    if (!this.#take("}")) {
      do {
        if (this.peek() !== '"') throw this.#unexpected("looking for a field name");
        const name = this.#string();
        if (!this.#take(":")) throw this.#unexpected("after a field name");
        member(name);
      } while (this.#take(","));
      if (!this.#take("}")) throw this.#unexpected("after a field's value");
    }
    this.#depth -= 1;
  }

  /** Reads the next array. Calls `element` for each element, which must read or skip it. */
  array(element: () => void): void {
    this.#enter("[");
    if (!this.#take("]")) {
      do element();
      while (this.#take(","));
      if (!this.#take("]")) throw this.#unexpected("after an array's element");
    }
    this.#depth -= 1;
  }

  #enter(bracket: string): void {
    if (!this.#take(bracket)) throw this.#unexpected("looking for a value");
    if (this.#depth >= maxDepth) throw tooDeep();
    this.#depth += 1;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
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
    let value = this.#text.slice(this.#at + 1, end);
    if (needsCare.test(value)) {
      try {
        value = JSON.parse(`"${value}"`) as string;
      } catch (cause) {
        throw new JsonSyntaxError(`invalid string: ${(cause as Error).message.slice(0, 80)}`);
      }
      // A lone surrogate, which UTF-8 cannot encode.
      if (!value.isWellFormed()) throw new JsonSyntaxError("invalid escape code in a string");
    }
    this.#at = end + 1;
    return value;
  }

  /** Counts backslashes before a quote: each is looked at once. */
  #isEscaped(quote: number): boolean {
    let slashes = 0;
    while (this.#text.charCodeAt(quote - 1 - slashes) === code.slash) slashes += 1;
    return slashes % 2 === 1;
  }

  #number(): string {
    const start = this.#at;
    if (this.#is(code.minus)) this.#at += 1;
    if (this.#is(code.zero)) this.#at += 1;
    else this.#digits();
    if (this.#is(code.dot)) {
      this.#at += 1;
      this.#digits();
    }
    const exponent = this.#text[this.#at];
    if (exponent === "e" || exponent === "E") {
      this.#at += 1;
      const sign = this.#text[this.#at];
      if (sign === "+" || sign === "-") this.#at += 1;
      this.#digits();
    }
    return this.#text.slice(start, this.#at);
  }

  #is(c: number): boolean {
    return this.#text.charCodeAt(this.#at) === c;
  }

  /** Reads one or more digits. */
  #digits(): void {
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) throw this.#unexpected("in a number");
  }

  #literal(): string {
    for (const literal of literals) {
      if (this.#text.startsWith(literal, this.#at)) {
        this.#at += literal.length;
        return literal;
      }
      const rest = this.#text.slice(this.#at, this.#at + literal.length);
      if (literal.startsWith(rest)) throw this.#unfinished();
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
    return new JsonSyntaxError("unexpected EOF");
  }
}
