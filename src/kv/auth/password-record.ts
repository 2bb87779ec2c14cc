/**
 * What entries and the state carry of a password: one line of text,
 *
 *     $pbkdf2-sha256$i=<iterations>$<salt>$<hash>      (salt and hash in base64)
 *
 * with the key that PBKDF2-HMAC-SHA-256 derives, so that the count may be raised later and old
 * records still be checked. No member derives one: the Worker does.
 */

const MAX_ITERATIONS = 10_000_000;
export const passwordSaltBytes = 16;
export const passwordHashBytes = 32;
const PREFIX = "pbkdf2-sha256";

export interface PasswordRecord {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
}

export function formatPasswordRecord({ iterations, salt, hash }: PasswordRecord): string {
  return `$${PREFIX}$i=${iterations}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** The fields of a password record; undefined if the text is none. */
export function parsePasswordRecord(text: string): PasswordRecord | undefined {
  const [empty, prefix, count, salt, hash, ...more] = text.split("$");
  if (empty !== "" || prefix !== PREFIX || more.length > 0) return undefined;
  if (count === undefined || !/^i=[1-9]\d{0,7}$/.test(count)) return undefined;
  const iterations = Number(count.slice(2));
  const saltBytes = fromBase64(salt ?? "");
  const hashBytes = fromBase64(hash ?? "");
  if (iterations > MAX_ITERATIONS || saltBytes?.length !== passwordSaltBytes) return undefined;
  if (hashBytes?.length !== passwordHashBytes) return undefined;
  return { iterations, salt: saltBytes, hash: hashBytes };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
