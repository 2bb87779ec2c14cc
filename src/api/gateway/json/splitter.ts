/**
 * Splits a text that comes in pieces into JSON values. Looks at each character once, however many
 * pieces a value has. Whether a value is valid is checked by its reader.
 */
import { isSpace, maxDepth, tooDeep } from "./text.ts";

/** Small pieces that are joined at once, to save the memory of each. */
const piecesAtOnce = 1_024;

const code = { quote: 0x22, backslash: 0x5c, bracket: 0x5b, brace: 0x7b } as const;
const closing = { bracket: 0x5d, brace: 0x7d } as const;

const opens = (c: number): boolean => c === code.brace || c === code.bracket;
const closes = (c: number): boolean => c === closing.brace || c === closing.bracket;

export class JsonSplitter {
  /** The incomplete value: joined pieces, and the pieces since. */
  #joined: string[] = [];
  #pieces: string[] = [];
  #pending = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** In a number, a literal or garbage, which only end with what follows. */
  #inWord = false;

  /** Characters of the incomplete value. */
  get pending(): number {
    return this.#pending;
  }

  /** Adds a piece and returns the values completed by it. Throws JsonSyntaxError. */
  push(piece: string): string[] {
    const values: string[] = [];
    let from = 0;
    const complete = (end: number) => {
      values.push(this.#take(piece.slice(from, end)));
      from = end;
    };
    for (let at = 0; at < piece.length; at += 1) {
      const c = piece.charCodeAt(at);
      if (this.#inString) {
        if (this.#endsString(c) && this.#depth === 0) complete(at + 1);
        continue;
      }
      const outside = this.#depth === 0;
      if (outside && this.#inWord && (isSpace(c) || opens(c) || c === code.quote)) {
        this.#inWord = false;
        complete(at);
      }
      if (outside && isSpace(c)) from = at + 1;
      else if (this.#endsValue(c)) complete(at + 1);
    }
    this.#keep(piece.slice(from));
    return values;
  }

  #endsString(c: number): boolean {
    if (this.#escaped) this.#escaped = false;
    else if (c === code.backslash) this.#escaped = true;
    else if (c === code.quote) this.#inString = false;
    return !this.#inString;
  }

  /** Whether this character, outside of strings, ends a value. */
  #endsValue(c: number): boolean {
    if (c === code.quote) {
      this.#inString = true;
    } else if (opens(c)) {
      if (this.#depth >= maxDepth) throw tooDeep();
      this.#depth += 1;
    } else if (this.#depth === 0) {
      this.#inWord = true;
    } else if (closes(c)) {
      this.#depth -= 1;
      return this.#depth === 0;
    }
    return false;
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#pending += piece.length;
    this.#pieces.push(piece);
    if (this.#pieces.length < piecesAtOnce) return;
    this.#joined.push(this.#pieces.join(""));
    this.#pieces = [];
  }

  #take(last: string): string {
    if (this.#pending === 0) return last;
    const value = [...this.#joined, ...this.#pieces, last].join("");
    this.#joined = [];
    this.#pieces = [];
    this.#pending = 0;
    return value;
  }
}
