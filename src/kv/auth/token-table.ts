const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTER_COUNT = 16;
/** Random bytes for a token: four for each letter, so that all letters are about equally likely. */
export const tokenLetterBytes = 4 * LETTER_COUNT;

/** etcd: simpleTokenTTL. */
const DEFAULT_TTL_MS = 300_000;
/** Tokens beyond which the least recently used one is forgotten, as if it had expired. */
const MAX_TOKENS = 10_000;

/** The random part of a token, which the proposer puts into the entry. */
export function tokenLettersFrom(random: Uint8Array): string {
  if (random.length !== tokenLetterBytes) throw new Error(`64 bytes, not ${random.length}`);
  const view = new DataView(random.buffer, random.byteOffset, random.byteLength);
  const letter = (i: number) => LETTERS[view.getUint32(i * 4) % LETTERS.length];
  return Array.from({ length: LETTER_COUNT }, (_, i) => letter(i)).join("");
}

/** The token that the entry at `index` issues. */
export function simpleToken(letters: string, index: number): string {
  return `${letters}.${index}`;
}

/** The index of the entry that issued a token, which a member must have applied to know it. */
export function tokenIndex(token: string): number | undefined {
  const match = /^[A-Za-z]+\.([1-9]\d{0,15})$/.exec(token);
  const index = Number(match?.[1]);
  return Number.isSafeInteger(index) ? index : undefined;
}

interface Token {
  readonly user: string;
  /** Undefined until the first sweep after it was issued. */
  expiresAtMs: number | undefined;
}

/**
 * The tokens that one member knows. They are issued through the log and kept in memory; their time
 * to live runs by this member's clock and restarts with each use (etcd:
 * server/auth/simple_token.go).
 */
export class TokenTable {
  readonly #ttlMs: number;
  /** Tokens, the least recently used first. */
  readonly #tokens = new Map<string, Token>();

  constructor(ttlMs = DEFAULT_TTL_MS) {
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#tokens.size;
  }

  issue(token: string, user: string): void {
    this.#tokens.set(token, { user, expiresAtMs: undefined });
    if (this.#tokens.size <= MAX_TOKENS) return;
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** The user of a token, whose time to live restarts; undefined if it is unknown or expired. */
  use(token: string, nowMs: number): string | undefined {
    const found = this.#tokens.get(token);
    if (!found) return undefined;
    this.#tokens.delete(token);
    if (found.expiresAtMs !== undefined && found.expiresAtMs <= nowMs) return undefined;
    this.#tokens.set(token, { user: found.user, expiresAtMs: nowMs + this.#ttlMs });
    return found.user;
  }

  /** Forgets expired tokens, and starts the time to live of those issued since the last call. */
  sweep(nowMs: number): void {
    for (const [token, found] of this.#tokens) {
      found.expiresAtMs ??= nowMs + this.#ttlMs;
      if (found.expiresAtMs <= nowMs) this.#tokens.delete(token);
    }
  }

  forgetUser(user: string): void {
    for (const [token, found] of this.#tokens) {
      if (found.user === user) this.#tokens.delete(token);
    }
  }

  clear(): void {
    this.#tokens.clear();
  }
}
