/** Base64 as the gateway reads and writes it. */

const alphabet = /^[A-Za-z0-9+/]*$/;
const chunk = 0x2000;
const noBytes = new Uint8Array(0);

/**
 * Decodes base64: standard or URL-safe alphabet, padded or not, line ends ignored; undefined where
 * invalid. Like Go's decoder, ignores the unused bits of the last letter.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text === "") return noBytes;
  let letters = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, "") : text;
  const urlSafe = /[-_]/.test(letters);
  if (urlSafe) {
    if (/[+/]/.test(letters)) return undefined;
    letters = letters.replaceAll("-", "+").replaceAll("_", "/");
  }
  if (letters.length % 4 === 0) letters = letters.replace(/={1,2}$/, "");
  if (letters.length % 4 === 1 || !alphabet.test(letters)) return undefined;
  const decoded = atob(letters);
  const bytes = new Uint8Array(decoded.length);
  for (let i = 0; i < decoded.length; i++) bytes[i] = decoded.charCodeAt(i);
  return bytes;
}

/** Padded standard base64. */
export function toBase64(bytes: Uint8Array): string {
  if (bytes.length <= chunk) return btoa(String.fromCharCode(...bytes));
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + chunk)));
  }
  return btoa(parts.join(""));
}
