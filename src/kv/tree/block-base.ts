import { addressOf, bytesOfAddress, type Sha256 } from "../../storage/blocks/address.ts";
import { BlockReader } from "../../storage/blocks/block-reader.ts";
import { BlockTable } from "../../storage/blocks/block-table.ts";
import type { Sql } from "../../storage/sql.ts";
import { encodeManifest, type Manifest, unitsOf } from "./base-manifest.ts";
import { BaseReader } from "./base-reader.ts";
import { FreezeJob, type Frozen } from "./freeze-job.ts";
import { MergeJob } from "./merge-job.ts";
import { type FreezePoint, nextManifest } from "./next-manifest.ts";
import { planMerges } from "./plan.ts";
import { checkPolicy } from "./policy.ts";
import { ProgressTable } from "./progress-table.ts";
import { type Needed, Sweep } from "./sweep.ts";

/** A manifest, the address of its encoding, and reads of what it names. */
interface Current {
  readonly manifest: Manifest;
  readonly address: Uint8Array;
  readonly read: BaseReader;
}

interface Freezing {
  readonly point: FreezePoint;
  readonly job: FreezeJob;
}

/**
 * The base as blocks: what one manifest names, and the work that makes the next one of it. Between
 * two freezes the merges run that follow from the manifest; a freeze writes what was frozen, and
 * then the next manifest takes in both. Everything is done in slices, and nothing depends on them.
 */
export class BlockBase {
  readonly #table: BlockTable;
  readonly #progress: ProgressTable;
  readonly #reader: BlockReader;
  readonly #sha256: Sha256;
  #current: Current;
  #merges: readonly MergeJob[];
  #freezing: Freezing | undefined;

  /**
   * What a manifest names of what `sql` holds; goes on with merges of it that were broken off.
   *
   * @param cacheBytes what reads may keep in memory.
   */
  constructor(sql: Sql, sha256: Sha256, manifest: Manifest, cacheBytes: number) {
    this.#table = new BlockTable(sql, sha256);
    this.#progress = new ProgressTable(sql);
    this.#reader = new BlockReader(this.#table, cacheBytes);
    this.#sha256 = sha256;
    this.#current = this.#currentOf(manifest);
    this.#merges = this.#resumed();
  }

  get manifest(): Manifest {
    return this.#current.manifest;
  }

  /** Reads of the manifest's own state: to be asked for anew after each freeze. */
  get read(): BaseReader {
    return this.#current.read;
  }

  /** Blocks that were loaded for reads. */
  get loads(): number {
    return this.#reader.loads;
  }

  /** Whether a freeze may begin: all merges of this manifest are done. */
  get ready(): boolean {
    return this.#freezing === undefined && this.#merges.every(({ done }) => done);
  }

  /** Bytes that the merges of this manifest are yet to read, about: what they are paced by. */
  get left(): number {
    return this.#merges.reduce((sum, { left }) => sum + left, 0);
  }

  /** From here on it is what this manifest names; what was under way is given up. */
  restore(manifest: Manifest): void {
    this.#freezing = undefined;
    this.#current = this.#currentOf(manifest);
    this.#merges = this.#resumed();
  }

  /**
   * Begins to write what was frozen. Throws while merges or another freeze are under way, and
   * UnknownPolicyError.
   */
  freeze(frozen: Frozen, point: FreezePoint): void {
    if (!this.ready) throw new Error("a freeze while the last one, or its merges, are under way");
    checkPolicy(point.policy);
    const compaction = Math.max(0, point.compactRevision);
    const job = new FreezeJob(frozen, compaction, point.policy, this.#table);
    this.#freezing = { point, job };
  }

  /**
   * Goes on with what is under way, for about so many bytes. Returns whether nothing is left to do;
   * a freeze is then to be finished.
   */
  step(bytes: number): boolean {
    let left = bytes - (this.#freezing?.job.step(bytes) ?? 0);
    for (const [at, job] of this.#merges.entries()) {
      if (left <= 0) break;
      if (job.done) continue;
      const finished = job.output.length;
      left -= job.step(left);
      if (job.output.length > finished) this.#progress.write(at, this.#current.address, job.output);
    }
    return this.#merges.every(({ done }) => done) && this.#freezing?.job.done !== false;
  }

  /** The next manifest, to be recorded in this turn. Throws while something is left to write. */
  finish(): Manifest {
    const freezing = this.#freezing;
    if (!freezing?.job.done) throw new Error("no freeze is written");
    const { point, job } = freezing;
    const young = {
      versions: job.run("versions"),
      history: job.run("history"),
      leases: job.run("leases"),
    };
    this.#freezing = undefined;
    const next = nextManifest(this.manifest, point, this.#merges, young, this.#reader);
    this.#current = this.#currentOf(next);
    this.#merges = this.#planned();
    return next;
  }

  /**
   * Removes what nothing needs, in steps.
   *
   * @param retained all manifests that may be restored yet, or are read or sent.
   */
  sweep(retained: () => readonly Manifest[]): Sweep {
    return new Sweep(this.#table, () => this.#needed(retained()));
  }

  #needed(retained: readonly Manifest[]): Needed {
    const { job } = this.#freezing ?? {};
    const frozen = job ? [job.run("versions"), job.run("history"), job.run("leases")].flat() : [];
    const units = [
      ...[this.manifest, ...retained].flatMap(unitsOf),
      ...this.#merges.flatMap(({ output }) => output),
      ...frozen,
    ];
    const pending = this.#merges.flatMap((merge) => merge.pending);
    return {
      units: units.map(({ address }) => address),
      blocks: [...pending, ...(job?.pending ?? [])],
    };
  }

  #currentOf(manifest: Manifest): Current {
    const address = bytesOfAddress(addressOf(encodeManifest(manifest), this.#sha256));
    return { manifest, address, read: new BaseReader(manifest, this.#reader) };
  }

  /** The merges of the current manifest; the progress of all others is over. */
  #resumed(): readonly MergeJob[] {
    this.#progress.forgetOthers(this.#current.address);
    return this.#planned();
  }

  #planned(): readonly MergeJob[] {
    const { manifest, address } = this.#current;
    return planMerges(manifest, this.#reader).map((merge, at) => {
      const output = this.#progress.read(at, address, this.#table);
      return new MergeJob(merge, manifest, this.#table, output);
    });
  }
}
