/** A fingerprint is remembered at every multiple of this index. */
const indexesBetween = 100;
const marksKept = 64;

/** The fingerprint, in hex, of the state after the entry at `index`. */
export interface FingerprintMark {
  readonly index: number;
  readonly fingerprint: string;
}

/**
 * Fingerprints at indexes that all members share, so that members at different applied indexes can
 * be compared. Kept in memory only.
 */
export class FingerprintMarks {
  #marks: FingerprintMark[] = [];

  /** All marks, oldest first. */
  get all(): readonly FingerprintMark[] {
    return this.#marks;
  }

  /** Records the fingerprint if `index` is one to remember. */
  reached(index: number, fingerprint: () => string): void {
    if (index % indexesBetween !== 0) return;
    this.#marks.push({ index, fingerprint: fingerprint() });
    if (this.#marks.length > marksKept) this.#marks.shift();
  }

  clear(): void {
    this.#marks = [];
  }
}
