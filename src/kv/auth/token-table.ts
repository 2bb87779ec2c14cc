const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTER_COUNT = 16;
/** What a token's letters are drawn from, so that no letter is likelier than others by much. */
export const tokenLetterBytes = 4 * LETTER_COUNT;

/** etcd: simpleTokenTTL. */
const DEFAULT_TTL_MS = 300_000;
/** The least recently used are forgotten beyond it, as if they had expired. */
const MAX_TOKENS = 10_000;

/** The random part of a token, of so many random bytes: the proposer puts it into the entry. */
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
  /** Undefined until a clock has been seen since it was issued. */
  expiresAtMs: number | undefined;
}

/**
 * Tokens as one member knows them: issued through the log, so that every member does, but kept in
 * memory only, each with a time to live that slides with use and by this member's clock
 * (etcd: server/auth/simple_token.go).
 */
export class TokenTable {
  readonly #ttlMs: number;
  /** The least recently used first. */
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

  /** Whose token it is, and lets it live on; undefined if it is unknown or has expired. */
  use(token: string, nowMs: number): string | undefined {
    const found = this.#tokens.get(token);
    if (!found) return undefined;
    this.#tokens.delete(token);
    if (found.expiresAtMs !== undefined && found.expiresAtMs <= nowMs) return undefined;
    this.#tokens.set(token, { user: found.user, expiresAtMs: nowMs + this.#ttlMs });
    return found.user;
  }

  /** Forgets what has expired; the time of what was issued since the last call begins. */
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
