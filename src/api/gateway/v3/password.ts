/** Passwords, hashed and checked with WebCrypto in the Worker: members see only records. */

import {
  formatPasswordRecord,
  parsePasswordRecord,
  passwordHashBytes,
  passwordSaltBytes,
} from "../../../kv/auth/password-record.ts";

/** The most that the platform's WebCrypto takes in one call. */
export const PASSWORD_ITERATIONS = 100_000;

/** A new record of a password, which may be any text, even an empty one. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(passwordSaltBytes));
  const iterations = PASSWORD_ITERATIONS;
  return formatPasswordRecord({ iterations, salt, hash: await derive(password, salt, iterations) });
}

/** A record that no password matches: checking it takes as long as checking a real one. */
export const decoyRecord = formatPasswordRecord({
  iterations: PASSWORD_ITERATIONS,
  salt: new Uint8Array(passwordSaltBytes),
  hash: new Uint8Array(passwordHashBytes),
});

/** Whether `password` matches the record; false if the record is invalid. */
export async function verifyPassword(record: string, password: string): Promise<boolean> {
  const parsed = parsePasswordRecord(record);
  if (!parsed || parsed.iterations > PASSWORD_ITERATIONS) {
    // Takes the time of a normal check, and no more than the platform allows.
    await derive(password, new Uint8Array(passwordSaltBytes), PASSWORD_ITERATIONS);
    return false;
  }
  const hash = await derive(password, parsed.salt, parsed.iterations);
  let difference = 0;
  for (let i = 0; i < passwordHashBytes; i += 1)
    difference |= (hash[i] ?? 0) ^ (parsed.hash[i] ?? 0);
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
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, passwordHashBytes * 8));
}
