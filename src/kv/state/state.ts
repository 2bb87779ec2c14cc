import type { Manifest } from "../../proto/generated/kv.ts";
import type { Sql } from "../../storage/sql.ts";
import type { AlarmTable } from "../alarm/alarm-table.ts";
import type { Authority } from "../auth/authority.ts";
import { Fingerprint } from "../fingerprint/fingerprint.ts";
import { type FingerprintMark, FingerprintMarks } from "../fingerprint/fingerprint-marks.ts";
import type { Lessor } from "../lease/lessor.ts";
import type { MemberTable } from "../members/member-table.ts";
import { Holds } from "../range/holds.ts";
import { Counts } from "../store/counts.ts";
import { CurrentStore } from "../store/current-store.ts";
import type { Store } from "../store/store.ts";
import { encodeManifest, restoreFingerprint, restoreTables, storeStateOf } from "./manifest.ts";
import { SmallTables } from "./small-tables.ts";
import { RequestWindow } from "./window.ts";

/**
 * The state shared by the parts of the state machine: store, small tables, remembered requests, and
 * the applied index and term.
 */
export class State {
  readonly fingerprint = new Fingerprint();
  readonly tables = new SmallTables(this.fingerprint);
  readonly leases: Lessor = this.tables.leases;
  readonly auth: Authority = this.tables.auth;
  readonly alarms: AlarmTable = this.tables.alarms;
  readonly members: MemberTable = this.tables.members;
  readonly requests: RequestWindow;
  readonly current: CurrentStore;
  /** Operations on this member's store; not replicated. */
  readonly counts = new Counts();
  /** Revisions at which ranges are being read here; not replicated. */
  readonly holds = new Holds();
  readonly #marks = new FingerprintMarks();
  #appliedIndex = 0;
  #appliedTerm = 0;

  /** An empty state over the tables in `sql`. @param requestWindow in indexes. */
  constructor(sql: Sql, requestWindow: number) {
    this.requests = new RequestWindow(requestWindow);
    this.current = new CurrentStore(sql, this.fingerprint, this.leases);
  }

  get store(): Store {
    return this.current.store;
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  get appliedTerm(): number {
    return this.#appliedTerm;
  }

  /** Sets the applied index and term. Throws where `index` is not the next one. */
  advance(index: number, term: number): void {
    if (index !== this.#appliedIndex + 1 || term < this.#appliedTerm) {
      throw new Error(
        `entry ${index} of term ${term} after ${this.#appliedIndex} of ${this.#appliedTerm}`,
      );
    }
    this.#marks.reached(index - 1, () => this.totalFingerprint());
    this.#appliedIndex = index;
    this.#appliedTerm = term;
  }

  /** 32 hex digits. */
  totalFingerprint(): string {
    const { revision, compactRevision } = this.store;
    return this.fingerprint.total(revision, compactRevision).toHex();
  }

  /** Fingerprints at earlier indexes, oldest first. */
  get marks(): readonly FingerprintMark[] {
    return this.#marks.all;
  }

  /** The manifest of the whole state. */
  encode(): Uint8Array<ArrayBuffer> {
    return encodeManifest({
      index: this.#appliedIndex,
      term: this.#appliedTerm,
      store: this.store,
      fingerprint: this.fingerprint,
      requests: this.requests.encode(this.#appliedIndex),
      tables: this.tables.all,
    });
  }

  /**
   * Replaces the whole state by a manifest and the rows of the current generation. Throws
   * DecodeError and ManifestError; the state is then of no use.
   */
  restore(manifest: Manifest): void {
    restoreTables(manifest, this.tables.all);
    restoreFingerprint(manifest, this.fingerprint, this.tables.sum());
    this.requests.decode(manifest.requests, manifest.index);
    this.current.replace(storeStateOf(manifest));
    this.#marks.clear();
    this.#appliedIndex = manifest.index;
    this.#appliedTerm = manifest.term;
  }
}
