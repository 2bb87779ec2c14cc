/** Passwords, hashed and checked by WebCrypto outside of the turn: members see records only. */

import {
  formatPasswordRecord,
  parsePasswordRecord,
  passwordHashBytes,
  passwordSaltBytes,
} from "../../../kv/auth/password-record.ts";

/** As many as the platform's WebCrypto takes at once. */
export const PASSWORD_ITERATIONS = 100_000;

/** A new record of a password; any text is one, the empty one too. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(passwordSaltBytes));
  const iterations = PASSWORD_ITERATIONS;
  return formatPasswordRecord({ iterations, salt, hash: await derive(password, salt, iterations) });
}

/** A record that no password fits: checking it takes as long as checking another one. */
export const decoyRecord = formatPasswordRecord({
  iterations: PASSWORD_ITERATIONS,
  salt: new Uint8Array(passwordSaltBytes),
  hash: new Uint8Array(passwordHashBytes),
});

/** Whether `password` is the one that the record was made of; false too where it is no record. */
export async function verifyPassword(record: string, password: string): Promise<boolean> {
  const parsed = parsePasswordRecord(record);
  if (!parsed || parsed.iterations > PASSWORD_ITERATIONS) {
    // As much work as for any other, and no more than the platform does.
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
