import { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { FingerprintMark } from "../fingerprint/fingerprint-marks.ts";
import { KEY_RANGE_INFINITY } from "../keys/key-range.ts";
import { emptyStore } from "../store/store.ts";
import type { State } from "./state.ts";

const everything = { begin: "", end: KEY_RANGE_INFINITY };

/** What there is to say of a state in numbers and sums. */
export class StateStatus {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Whether nothing was ever written or compacted: of a cluster's life it knows its members. */
  get pristine(): boolean {
    const { store, tables } = this.#state;
    const { revision, compactRevision } = emptyStore;
    const unwritten = store.revision === revision && store.compactRevision === compactRevision;
    return unwritten && tables.untouched;
  }

  /** Keys that live. */
  get keyCount(): number {
    return this.#state.store.keyCount;
  }

  /** Bytes of what lives, rows' overhead included: the same on every member. */
  get liveBytes(): number {
    return this.#state.store.liveBytes;
  }

  /** The same with all versions that are not compacted, tombstones too: what the quota counts. */
  get storedBytes(): number {
    return this.#state.store.storedBytes;
  }

  /** The lowest revision whose compaction frees so many stored bytes; undefined: none does. */
  revisionFreeing(bytes: number): number | undefined {
    return this.#state.store.revisionFreeing(bytes);
  }

  /** Bytes of keys and values that no base holds yet, and of the memory around them. */
  get overlayBytes(): number {
    return this.#state.store.overlay.bytes;
  }

  /** 32 hex digits; kept up by every entry. Equal on any two members at one applied index. */
  fingerprint(): string {
    return this.#state.totalFingerprint();
  }

  /** The fingerprints at some indexes that members have in common; that of now last. */
  get fingerprints(): readonly FingerprintMark[] {
    const { marks, appliedIndex: index } = this.#state;
    return [...marks, { index, fingerprint: this.fingerprint() }];
  }

  /** That of now, summed from every live record. Costs a pass over the base. */
  recomputeFingerprint(): string {
    const { store, tables } = this.#state;
    const sums = new Fingerprint();
    for (const [, kv] of store.now().scan(everything, false)) sums.addKey(kv);
    sums.tables.add(tables.sum());
    return sums.total(store.revision, store.compactRevision).toHex();
  }
}
