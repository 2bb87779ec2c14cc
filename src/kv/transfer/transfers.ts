import type { Chunk, Manifest } from "../../proto/generated/kv.ts";
import { decodeManifest } from "../state/manifest.ts";
import type { State } from "../state/state.ts";
import { RequestWindow } from "../state/window.ts";
import { type Adopter, adoptManifest, smallTablesOf } from "./adopt.ts";
import type { BackupCheck } from "./backup-check.ts";
import { BaseAudit } from "./base-audit.ts";
import { TransferError } from "./errors.ts";
import { type ExportedChunk, Exporter } from "./exporter.ts";
import { StagingGeneration, type StagingKey } from "./staging.ts";

/** The rows of snapshots: those that this member gives, and those that it is given. */
export class Transfers {
  readonly #state: State;
  #staging: StagingGeneration | undefined;
  /** The manifest that was exported from last, decoded. */
  #exported: { readonly bytes: Uint8Array; readonly manifest: Manifest } | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * The rows of a manifest of this member from `cursor` (empty: the beginning) on, about
   * `maxBytes` of them. Throws TransferError where its snapshot is not, or no longer, in the base,
   * and StorageDamagedError where the base is not what the manifest says.
   */
  exportChunk(manifestBytes: Uint8Array, cursor: Uint8Array, maxBytes: number): ExportedChunk {
    const manifest = this.#exportable(manifestBytes);
    return new Exporter(this.#state.store.base, manifest).chunk(cursor, maxBytes);
  }

  /** Begins to hold the base against a manifest of this member. Throws as exportChunk does. */
  audit(manifestBytes: Uint8Array): BaseAudit {
    return new BaseAudit(this.#state.store.base, this.#exportable(manifestBytes));
  }

  #exportable(manifestBytes: Uint8Array): Manifest {
    if (this.#exported?.bytes !== manifestBytes) {
      this.#exported = { bytes: manifestBytes, manifest: decodeManifest(manifestBytes) };
    }
    const { manifest } = this.#exported;
    const { revision, compactRevision } = manifest;
    const { store, compactor } = this.#state.current;
    if (revision > store.persistedRevision || compactRevision < compactor.compacted) {
      throw new TransferError(
        `the base holds ${compactor.compacted} to ${store.persistedRevision}, ` +
          `the snapshot is of ${compactRevision} to ${revision}`,
      );
    }
    return manifest;
  }

  /** What a transfer that was begun and not ended belongs to, also after a restart. */
  get stagingKey(): StagingKey | undefined {
    return StagingGeneration.keyOf(this.#state.current.generations);
  }

  /**
   * Opens the staging generation of `key`: the one that is there already, if it belongs to it; any
   * other is dropped. Returns the cursor to ask for next, undefined when all is there.
   */
  openStaging(key: StagingKey): Uint8Array | undefined {
    this.#staging = StagingGeneration.open(this.#state.current.generations, key);
    return this.#staging.nextCursor;
  }

  get #openStaging(): StagingGeneration {
    if (this.#staging === undefined) throw new TransferError("no staging generation is open");
    return this.#staging;
  }

  /**
   * Writes a chunk to it, and returns the next cursor; undefined after the last. Throws
   * TransferError where the CRC does not hold, the chunk is not the one that comes next, or count
   * and sum at the end are not what was sent; and DecodeError. `check` may throw before anything
   * is written.
   */
  stageChunk(bytes: Uint8Array, check?: (chunk: Chunk) => void): Uint8Array | undefined {
    const staging = this.#openStaging;
    staging.add(bytes, check);
    return staging.nextCursor;
  }

  /**
   * Throws TransferError unless all rows are there and are what the manifest says, and
   * ManifestError and DecodeError where no state can be made of that.
   */
  verifyStaging(manifestBytes: Uint8Array): void {
    const manifest = decodeManifest(manifestBytes);
    this.#openStaging.verify(manifest);
    smallTablesOf(manifest);
    new RequestWindow(0).decode(manifest.requests, manifest.index);
  }

  /**
   * The manifest that makes this cluster's state of another one's: of a backup, whose rows are
   * staged and went through `check`. Throws TransferError, ManifestError and DecodeError where they
   * are not what it says.
   */
  adopt(
    backup: Uint8Array,
    check: BackupCheck,
    adopter: Pick<Adopter, "index" | "term" | "bumpRevision">,
  ): Uint8Array {
    this.verifyStaging(backup);
    const freed = check.end();
    const { appliedIndex } = this.#state;
    const members = this.#state.members.encode();
    const requests = this.#state.requests.encode(appliedIndex);
    return adoptManifest(decodeManifest(backup), { ...adopter, members, requests, freed });
  }

  /**
   * Makes the staging generation the current one: the part of StateMachine.install that is of the
   * rows. Throws TransferError where they are not what the manifest says.
   *
   * @param compacted up to where they are free of what was compacted.
   */
  installStaging(manifest: Manifest, compacted: number): void {
    this.#openStaging.verify(manifest);
    this.#state.current.generations.install(compacted);
    this.#staging = undefined;
  }

  dropStaging(): void {
    this.#staging = undefined;
    this.#state.current.generations.dropStaging();
  }
}
