/** Indexes after which a state is remembered by its fingerprint: multiples of this. */
const indexesBetween = 100;
const marksKept = 64;

/** The fingerprint of the state that the entries up to `index` make, in hex. */
export interface FingerprintMark {
  readonly index: number;
  readonly fingerprint: string;
}

/**
 * The fingerprints of this state at some indexes that are the same on every member, so that members
 * which are not equally far can be compared. Kept in memory, and forgotten with it.
 */
export class FingerprintMarks {
  #marks: FingerprintMark[] = [];

  /** Oldest first. */
  get all(): readonly FingerprintMark[] {
    return this.#marks;
  }

  /** The state is that of `index` now. */
  reached(index: number, fingerprint: () => string): void {
    if (index % indexesBetween !== 0) return;
    this.#marks.push({ index, fingerprint: fingerprint() });
    if (this.#marks.length > marksKept) this.#marks.shift();
  }

  clear(): void {
    this.#marks = [];
  }
}
