/**
 * Passwords, hashed and checked outside the turn by whoever fronts the cluster: entries and state
 * carry records only. PBKDF2-HMAC-SHA-256 by WebCrypto; a record is one line of text,
 *
 *     $pbkdf2-sha256$i=<iterations>$<salt>$<hash>      (salt and hash in base64)
 *
 * so that the count may be raised later and old records still be checked.
 */

/** As many as the platform's WebCrypto takes at once. */
export const PASSWORD_ITERATIONS = 100_000;

const MAX_ITERATIONS = 10_000_000;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PREFIX = "pbkdf2-sha256";

export interface PasswordRecord {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
}

export function formatPasswordRecord({ iterations, salt, hash }: PasswordRecord): string {
  return `$${PREFIX}$i=${iterations}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** The parts of a record, or undefined if the text is none. */
export function parsePasswordRecord(text: string): PasswordRecord | undefined {
  const [empty, prefix, count, salt, hash, ...more] = text.split("$");
  if (empty !== "" || prefix !== PREFIX || more.length > 0) return undefined;
  if (count === undefined || !/^i=[1-9]\d{0,7}$/.test(count)) return undefined;
  const iterations = Number(count.slice(2));
  const saltBytes = fromBase64(salt ?? "");
  const hashBytes = fromBase64(hash ?? "");
  if (iterations > MAX_ITERATIONS || saltBytes?.length !== SALT_BYTES) return undefined;
  if (hashBytes?.length !== HASH_BYTES) return undefined;
  return { iterations, salt: saltBytes, hash: hashBytes };
}

/** A new record of a password; any text is one, the empty one too. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iterations = PASSWORD_ITERATIONS;
  return formatPasswordRecord({ iterations, salt, hash: await derive(password, salt, iterations) });
}

/** A record that no password fits: checking it takes as long as checking another one. */
export const decoyRecord = formatPasswordRecord({
  iterations: PASSWORD_ITERATIONS,
  salt: new Uint8Array(SALT_BYTES),
  hash: new Uint8Array(HASH_BYTES),
});

/** Whether `password` is the one that the record was made of; false too where it is no record. */
export async function verifyPassword(record: string, password: string): Promise<boolean> {
  const parsed = parsePasswordRecord(record);
  if (!parsed || parsed.iterations > PASSWORD_ITERATIONS) {
    // As much work as for any other, and no more than the platform does.
    await derive(password, new Uint8Array(SALT_BYTES), PASSWORD_ITERATIONS);
    return false;
  }
  const hash = await derive(password, parsed.salt, parsed.iterations);
  let difference = 0;
  for (let i = 0; i < HASH_BYTES; i += 1) difference |= (hash[i] ?? 0) ^ (parsed.hash[i] ?? 0);
  return difference === 0;
}

async function derive(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const secret = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BYTES * 8));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
