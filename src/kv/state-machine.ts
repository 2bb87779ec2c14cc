import { errorOf, errors, KvError, UnknownEntryError } from "../etcd/errors.ts";
import type { Event } from "../proto/generated/etcd.ts";
import {
  type Chunk,
  type Manifest,
  Outcome,
  Query,
  type Request,
  Response,
} from "../proto/generated/kv.ts";
import type { ConfChangeV2, ConfState } from "../proto/raftpb.ts";
import type { Sql } from "../storage/sql.ts";
import type { AlarmTable } from "./alarm/alarm-table.ts";
import { answerAgain } from "./apply/answer-again.ts";
import type { Applied, CommittedEntry } from "./apply/applied.ts";
import { Applier, type Done, type State } from "./apply/applier.ts";
import { decodeRequest, hasBody, requestFormat } from "./apply/proposal.ts";
import { Reader } from "./apply/reader.ts";
import { type Weight, weigh } from "./apply/weight.ts";
import type { Authority } from "./auth/authority.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { Fingerprint } from "./fingerprint/fingerprint.ts";
import { type FingerprintMark, FingerprintMarks } from "./fingerprint/fingerprint-marks.ts";
import { KEY_RANGE_INFINITY } from "./keys/key-range.ts";
import type { Lessor } from "./lease/lessor.ts";
import type { MemberTable } from "./members/member-table.ts";
import { Holds } from "./range/holds.ts";
import {
  decodeManifest,
  encodeManifest,
  restoreFingerprint,
  restoreTables,
  storeStateOf,
} from "./state/manifest.ts";
import { SmallTables } from "./state/small-tables.ts";
import { type Remembered, RequestWindow, requestIdBytes } from "./state/window.ts";
import { Compactor } from "./store/compactor.ts";
import { Counts } from "./store/counts.ts";
import { Generations } from "./store/generations.ts";
import { StoreHistory } from "./store/history.ts";
import { attachLeasedKeys } from "./store/leased-keys.ts";
import type { Slice } from "./store/slice.ts";
import { emptyStore, Store } from "./store/store.ts";
import { type Adopter, adoptManifest } from "./transfer/adopt.ts";
import { BaseAudit } from "./transfer/base-audit.ts";
import { TransferError } from "./transfer/errors.ts";
import { type ExportedChunk, Exporter } from "./transfer/exporter.ts";
import { StagingGeneration, type StagingKey } from "./transfer/staging.ts";
import { defaultLimits, type Limits } from "./work/limits.ts";
import { unboundedWork } from "./work/work.ts";

export type { Applied, CommittedEntry };

const noEvents: readonly Event[] = [];
const everything = { begin: "", end: KEY_RANGE_INFINITY };

/**
 * The replicated state: everything that applying the log makes, and nothing else. Two members that
 * have applied the same entries hold the same. Synchronous, without a clock and without chance.
 *
 * What throws anything but KvError, DecodeError, ManifestError and TransferError has found the
 * storage damaged (see damageOf) or the state to be impossible: the instance must end.
 */
export class StateMachine {
  readonly leases: Lessor;
  readonly auth: Authority;
  readonly alarms: AlarmTable;
  readonly members: MemberTable;
  /** For the watch hub. */
  readonly history: StoreHistory;
  /** What this member's store was asked: not replicated. */
  readonly counts = new Counts();
  /** Revisions that answers in pieces are read at here: not replicated either. */
  readonly holds = new Holds();

  /** The compaction of the oldest snapshot that is in use; Infinity for none. The host sets it. */
  oldestRetainedCompaction = -1;

  readonly #limits: Limits;
  readonly #generations: Generations;
  readonly #fingerprint = new Fingerprint();
  readonly #marks = new FingerprintMarks();
  readonly #tables = new SmallTables(this.#fingerprint);
  readonly #requests: RequestWindow;
  readonly #applier: Applier;
  readonly #reader: Reader;
  #store: Store;
  #compactor: Compactor;
  #appliedIndex = 0;
  #appliedTerm = 0;
  #checkpoint: Checkpoint | undefined;
  #staging: StagingGeneration | undefined;
  #work = 0;
  #exported: { readonly bytes: Uint8Array; readonly manifest: Manifest } | undefined;

  /** The empty state over what `sql` holds: restore it, or apply the log from its beginning. */
  constructor(sql: Sql, limits: Limits = defaultLimits) {
    this.#limits = limits;
    this.leases = this.#tables.leases;
    this.auth = this.#tables.auth;
    this.alarms = this.#tables.alarms;
    this.members = this.#tables.members;
    this.#requests = new RequestWindow(limits.requestWindow);
    this.#generations = new Generations(sql);
    const base = this.#generations.openCurrent();
    this.#store = new Store(base, emptyStore, this.#fingerprint, this.leases);
    this.#compactor = new Compactor(this.#store, this.#generations);
    const state = this.#state();
    this.#applier = new Applier(state, limits);
    this.#reader = new Reader(state, limits, {
      keyFingerprint: () => this.#fingerprint.keys,
      holds: this.holds,
      readableFrom: () => this.#compactor.readableFrom,
    });
    this.history = new StoreHistory(() => this.#store);
  }

  /** What requests see: always the store that is current. */
  #state(): State {
    const current = () => this.#store;
    const { leases, auth, alarms, members, counts } = this;
    return {
      get store() {
        return current();
      },
      leases,
      auth,
      alarms,
      members,
      counts,
    };
  }

  /**
   * Rebuilds the state from a manifest and the base's rows at its revision (raft's
   * recoverFromSnapshot). Throws DecodeError and ManifestError; the state is then of no use.
   */
  restore(manifestBytes: Uint8Array): void {
    this.#restore(decodeManifest(manifestBytes));
  }

  #restore(manifest: Manifest): void {
    restoreTables(manifest, this.#tables.all);
    restoreFingerprint(manifest, this.#fingerprint, this.#tables.sum());
    this.#requests.decode(manifest.requests);
    const base = this.#generations.openCurrent();
    this.#store = new Store(base, storeStateOf(manifest), this.#fingerprint, this.leases);
    this.#compactor = new Compactor(this.#store, this.#generations);
    attachLeasedKeys(this.#store, this.leases);
    this.#checkpoint = undefined;
    this.#marks.clear();
    this.#appliedIndex = manifest.index;
    this.#appliedTerm = manifest.term;
  }

  /**
   * Entries come once each and in order: throws where `index` is not the next one, and where the
   * entry is of a kind or format that this version does not know.
   */
  apply({ index, term, data }: CommittedEntry): Applied {
    this.#advance(index, term);
    const request = decodeRequest(data);
    if (request === undefined) return this.#failed(new KvError(errors.badRequest));
    const { requestId } = request;
    if (request.format !== requestFormat || !hasBody(request)) {
      throw new UnknownEntryError(index, request.format);
    }
    if (requestId.length === 0) return this.#applyOnce(index, request);
    if (requestId.length !== requestIdBytes) return this.#failed(new KvError(errors.badRequest));
    try {
      const found = this.#requests.find(requestId, request.seenIndex, index);
      if (found !== undefined) return this.#answerAgain(request, found);
    } catch (error) {
      return this.#failed(error);
    }
    return this.#applyOnce(index, request);
  }

  #applyOnce(index: number, request: Request): Applied {
    const system = request.requestId.length === 0;
    let done: Done;
    try {
      done = this.#applier.apply(request, index, system);
      this.#work += this.#applier.spent;
    } catch (error) {
      this.#work += this.#applier.spent;
      if (error instanceof KvError && !system) {
        const outcome = Outcome.create({ error: error.kind.number });
        this.#requests.remember(request.requestId, index, outcome);
      }
      return this.#failed(error);
    }
    if (!system) this.#requests.remember(request.requestId, index, done.outcome);
    const { response, error, events } = done;
    return this.#applied(error ? undefined : response, error, events);
  }

  #answerAgain(request: Request, found: Remembered): Applied {
    if (found.outcome.error !== 0) return this.#failed(errorOf(found.outcome.error));
    const work = unboundedWork();
    const again = answerAgain(request, found, this.#store, this.members, this.#limits, work);
    this.#work += work.spent;
    return this.#applied(again, undefined, noEvents);
  }

  #failed(error: unknown): Applied {
    if (!(error instanceof KvError)) throw error;
    return this.#applied(undefined, error, noEvents);
  }

  #applied(
    response: Response | undefined,
    error: KvError | undefined,
    events: readonly Event[],
  ): Applied {
    return { response, error, revision: this.#store.revision, events };
  }

  /** The empty entry of a new leader. */
  applyEmpty(index: number, term: number): void {
    this.#advance(index, term);
  }

  /** A committed configuration change, and the configuration that raft made of it. */
  applyConfChange(index: number, term: number, change: ConfChangeV2, confState: ConfState): void {
    this.#advance(index, term);
    this.members.applyConfChange(change, confState);
  }

  #advance(index: number, term: number): void {
    if (index !== this.#appliedIndex + 1 || term < this.#appliedTerm) {
      throw new Error(
        `entry ${index} of term ${term} after ${this.#appliedIndex} of ${this.#appliedTerm}`,
      );
    }
    this.#marks.reached(index - 1, () => this.fingerprint());
    this.#appliedIndex = index;
    this.#appliedTerm = term;
  }

  /** 0 on a new state machine. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** Units of work (work.ts) that all entries were charged for which this instance applied. */
  get work(): number {
    return this.#work;
  }

  get appliedTerm(): number {
    return this.#appliedTerm;
  }

  get confState(): ConfState {
    return this.members.confState;
  }

  /** The store's revision: 1 while nothing was written. */
  get revision(): number {
    return this.#store.revision;
  }

  /** -1 on a store that was never compacted. */
  get compactRevision(): number {
    return this.#store.compactRevision;
  }

  /** Whether nothing was ever written or compacted: of a cluster's life it knows its members. */
  get pristine(): boolean {
    const { revision, compactRevision } = emptyStore;
    const unwritten = this.revision === revision && this.compactRevision === compactRevision;
    return unwritten && this.#tables.untouched;
  }

  /** Keys that live. */
  get keyCount(): number {
    return this.#store.keyCount;
  }

  /** Bytes of what lives, rows' overhead included: the same on every member. */
  get liveBytes(): number {
    return this.#store.liveBytes;
  }

  /** The same with all versions that are not compacted, tombstones too: what the quota counts. */
  get storedBytes(): number {
    return this.#store.storedBytes;
  }

  /** The lowest revision whose compaction frees so many stored bytes; undefined: none does. */
  revisionFreeing(bytes: number): number | undefined {
    return this.#store.revisionFreeing(bytes);
  }

  /** 32 hex digits; kept up by every entry. Equal on any two members at one applied index. */
  fingerprint(): string {
    return this.#fingerprint.total(this.revision, this.compactRevision).toHex();
  }

  /** The fingerprints at some indexes that members have in common; that of now last. */
  get fingerprints(): readonly FingerprintMark[] {
    return [...this.#marks.all, { index: this.#appliedIndex, fingerprint: this.fingerprint() }];
  }

  /** The same, summed from every live record. Costs a pass over the base. */
  recomputeFingerprint(): string {
    const sums = new Fingerprint();
    for (const [, kv] of this.#store.now().scan(everything, false)) sums.addKey(kv);
    sums.tables.add(this.#tables.sum());
    return sums.total(this.revision, this.compactRevision).toHex();
  }

  /**
   * The encoded kvpb.Response to an encoded kvpb.Query. `nowMs` is the host's clock, which only the
   * time to live of leases reads. Throws KvError and DecodeError.
   */
  query(query: Uint8Array, nowMs: number): Uint8Array {
    const decoded = Query.decodeStrict(query);
    if (decoded.format !== requestFormat) throw new KvError(errors.badRequest);
    return Response.encode(this.#reader.query(decoded, nowMs));
  }

  /** Throws KvError where it is too much altogether, also while older members would allow it. */
  weigh(request: Request): Weight {
    return weigh(request, this.#applier, this.leases, this.#limits);
  }

  /** The bytes of the value that a key has now; it is not read for it. */
  valueBytes(key: Uint8Array): number {
    return this.#store.valueBytes(key);
  }

  // Checkpoints.

  /** Bytes of keys and values that no base holds yet, and of the memory around them. */
  get overlayBytes(): number {
    return this.#store.overlay.bytes;
  }

  /**
   * The manifest of the state as it is now; begins a checkpoint. Throws while one is in progress.
   * The snapshot may be recorded only when writeSlice has said that all its rows are written.
   */
  freeze(): Uint8Array<ArrayBuffer> {
    if (this.#checkpoint !== undefined) throw new Error("a checkpoint is in progress");
    this.#checkpoint = new Checkpoint(this.#store);
    return encodeManifest({
      index: this.#appliedIndex,
      term: this.#appliedTerm,
      store: this.#store,
      fingerprint: this.#fingerprint,
      requests: this.#requests.encode(this.#appliedIndex),
      tables: this.#tables.all,
    });
  }

  /** Writes some of the frozen rows to the base. True when all are there. */
  writeSlice(slice: Slice): boolean {
    if (this.#checkpoint === undefined) throw new Error("no checkpoint is in progress");
    return this.#checkpoint.writeSlice(slice);
  }

  /** The snapshot record of this checkpoint was written in this same turn. */
  finishCheckpoint(): void {
    if (this.#checkpoint === undefined) throw new Error("no checkpoint is in progress");
    if (!this.#checkpoint.done) throw new Error("the checkpoint's rows are not all written");
    this.#checkpoint = undefined;
  }

  /** Gives it up. Rows that were written stay: they say what the log says. */
  cancelCheckpoint(): void {
    this.#checkpoint = undefined;
  }

  get checkpointing(): boolean {
    return this.#checkpoint !== undefined;
  }

  // Physical compaction.

  /** Removes some rows that nobody needs. True when there are none left to remove now. */
  compactSlice(slice: Slice): boolean {
    const oldestKept = Math.min(this.oldestRetainedCompaction, this.holds.oldest);
    return this.#compactor.compactSlice(slice, oldestKept);
  }

  /**
   * Up to which compaction the base is free of what was compacted; for `physical: true`. What is
   * held is being read, and goes after that.
   */
  get physicalCompactRevision(): number {
    const { compacted } = this.#compactor;
    return compacted >= this.holds.oldest ? this.compactRevision : compacted;
  }

  // Transfer.

  /**
   * The rows of a manifest of this member from `cursor` (empty: the beginning) on, about
   * `maxBytes` of them. Throws TransferError where its snapshot is not, or no longer, in the base,
   * and StorageDamagedError where the base is not what the manifest says.
   */
  exportChunk(manifestBytes: Uint8Array, cursor: Uint8Array, maxBytes: number): ExportedChunk {
    const manifest = this.#exportable(manifestBytes);
    return new Exporter(this.#store.base, manifest).chunk(cursor, maxBytes);
  }

  /** Begins to hold the base against a manifest of this member. Throws as exportChunk does. */
  audit(manifestBytes: Uint8Array): BaseAudit {
    return new BaseAudit(this.#store.base, this.#exportable(manifestBytes));
  }

  #exportable(manifestBytes: Uint8Array): Manifest {
    if (this.#exported?.bytes !== manifestBytes) {
      this.#exported = { bytes: manifestBytes, manifest: decodeManifest(manifestBytes) };
    }
    const { manifest } = this.#exported;
    const { revision, compactRevision } = manifest;
    if (revision > this.#store.persistedRevision || compactRevision < this.#compactor.compacted) {
      throw new TransferError(
        `the base holds ${this.#compactor.compacted} to ${this.#store.persistedRevision}, ` +
          `the snapshot is of ${compactRevision} to ${revision}`,
      );
    }
    return manifest;
  }

  /** What a transfer that was begun and not ended belongs to, also after a restart. */
  get stagingKey(): StagingKey | undefined {
    return StagingGeneration.keyOf(this.#generations);
  }

  /**
   * Opens the staging generation of `key`: the one that is there already, if it belongs to it; any
   * other is dropped. Returns the cursor to ask for next, undefined when all is there.
   */
  openStaging(key: StagingKey): Uint8Array | undefined {
    this.#staging = StagingGeneration.open(this.#generations, key);
    return this.#staging.nextCursor;
  }

  /**
   * Writes a chunk to it, and returns the next cursor; undefined after the last. Throws
   * TransferError where the CRC does not hold, the chunk is not the one that comes next, or count
   * and sum at the end are not what was sent; and DecodeError. `check` may throw before anything
   * is written.
   */
  stageChunk(bytes: Uint8Array, check?: (chunk: Chunk) => void): Uint8Array | undefined {
    if (this.#staging === undefined) throw new TransferError("no staging generation is open");
    this.#staging.add(bytes, check);
    return this.#staging.nextCursor;
  }

  /** Throws TransferError unless all rows are there and are what the manifest says. */
  verifyStaging(manifestBytes: Uint8Array): void {
    if (this.#staging === undefined) throw new TransferError("no staging generation is open");
    this.#staging.verify(decodeManifest(manifestBytes));
  }

  /**
   * The manifest that makes this cluster's state of another one's: of a backup, whose rows are
   * staged. Throws TransferError, ManifestError and DecodeError where they are not what it says.
   */
  adopt(backup: Uint8Array, adopter: Omit<Adopter, "members" | "requests">): Uint8Array {
    this.verifyStaging(backup);
    const members = this.members.encode();
    const requests = this.#requests.encode(this.#appliedIndex);
    return adoptManifest(decodeManifest(backup), { ...adopter, members, requests });
  }

  /**
   * Makes the staging generation the base and the manifest the state, all in this turn. Cancels a
   * checkpoint; leases are nobody's until promoted again. Throws where the manifest is at or below
   * the applied index, or the staging is not what it says (TransferError).
   *
   * @param compacted up to where the staged rows are free of what was compacted.
   */
  install(manifestBytes: Uint8Array, compacted?: number): void {
    const manifest = decodeManifest(manifestBytes);
    if (manifest.index <= this.#appliedIndex) {
      throw new Error(`a snapshot at ${manifest.index} for a state at ${this.#appliedIndex}`);
    }
    this.verifyStaging(manifestBytes);
    this.#generations.install(compacted ?? manifest.compactRevision);
    this.#staging = undefined;
    this.#restore(manifest);
    this.holds.dropBelow(this.#compactor.readableFrom);
  }

  dropStaging(): void {
    this.#staging = undefined;
    this.#generations.dropStaging();
  }

  /** Drops the tables of one generation that is no longer used. False when there was none. */
  releaseGeneration(): boolean {
    return this.#generations.release();
  }
}
