import { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { FingerprintMark } from "../fingerprint/fingerprint-marks.ts";
import { KEY_RANGE_INFINITY } from "../keys/key-range.ts";
import { emptyStore } from "../store/store.ts";
import type { State } from "./state.ts";

const everything = { begin: "", end: KEY_RANGE_INFINITY };

/** Figures and fingerprints of a state. */
export class StateStatus {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Whether nothing but members was ever written, and nothing compacted. */
  get pristine(): boolean {
    const { store, tables } = this.#state;
    const { revision, compactRevision } = emptyStore;
    const unwritten = store.revision === revision && store.compactRevision === compactRevision;
    return unwritten && tables.untouched;
  }

  /** The number of live keys. */
  get keyCount(): number {
    return this.#state.store.keyCount;
  }

  /** Bytes of live keys and values with their rows' overhead: the same on every member. */
  get liveBytes(): number {
    return this.#state.store.liveBytes;
  }

  /**
   * Bytes of all versions that are not compacted, tombstones included, which the quota bounds: the
   * same on every member.
   */
  get storedBytes(): number {
    return this.#state.store.storedBytes;
  }

  /** The lowest revision whose compaction frees so many stored bytes; undefined if none does. */
  revisionFreeing(bytes: number): number | undefined {
    return this.#state.store.revisionFreeing(bytes);
  }

  /** Memory of versions that are not in the base yet, in bytes. */
  get overlayBytes(): number {
    return this.#state.store.overlay.bytes;
  }

  /** The current fingerprint in 32 hex digits, equal on members at one applied index. */
  fingerprint(): string {
    return this.#state.totalFingerprint();
  }

  /** Fingerprints at indexes that members have in common; the current one last. */
  get fingerprints(): readonly FingerprintMark[] {
    const { marks, appliedIndex: index } = this.#state;
    return [...marks, { index, fingerprint: this.fingerprint() }];
  }

  /** The current fingerprint, summed from every live record. Costs a pass over the base. */
  recomputeFingerprint(): string {
    const { store, tables } = this.#state;
    const sums = new Fingerprint();
    for (const [, kv] of store.now().scan(everything, false)) sums.addKey(kv);
    sums.tables.add(tables.sum());
    return sums.total(store.revision, store.compactRevision).toHex();
  }
}
