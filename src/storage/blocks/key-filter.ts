import { hash128, Word128 } from "../hash128.ts";

/** With 10 bits a key and so many probes, one absent key in 120 is taken for a present one. */
const probes = 7;
const leastBits = 64;

/** Two hashes of a key, of which all others are made. */
export interface KeyHash {
  readonly first: number;
  readonly second: number;
}

const hash = new Word128();

/** Version 1: MurmurHash3 with seed 0, whose words are told apart by nobody but an attacker. */
export function hashOfKey(key: Uint8Array): KeyHash {
  hash128(key, key.length, hash);
  return { first: hash.a, second: hash.b | 1 };
}

/** Collects keys, each once. */
export class KeyFilterBuilder {
  #hashes: KeyHash[] = [];

  add(key: Uint8Array): void {
    this.#hashes.push(hashOfKey(key));
  }

  /** The bits of all of them; the next filter is empty. */
  take(bitsPerKey: number): Uint8Array {
    const bits = new Uint8Array(
      Math.ceil(Math.max(leastBits, this.#hashes.length * bitsPerKey) / 8),
    );
    for (const key of this.#hashes) {
      for (let i = 0; i < probes; i++) {
        const bit = bitOf(key, i, bits.length);
        bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
    }
    this.#hashes = [];
    return bits;
  }
}

/** False only where the key is not among those that the filter was made of. */
export function mayContain(bits: Uint8Array, key: KeyHash): boolean {
  for (let i = 0; i < probes; i++) {
    const bit = bitOf(key, i, bits.length);
    if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function bitOf({ first, second }: KeyHash, probe: number, bytes: number): number {
  return ((first + Math.imul(probe, second)) >>> 0) % (8 * bytes);
}
