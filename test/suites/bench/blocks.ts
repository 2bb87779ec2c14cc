/**
 * What a base of blocks writes for a put, counted, and what it takes of a processor: random keys
 * are overwritten with values of 256 bytes, what is overwritten is compacted, blocks that nothing
 * names are deleted. One member, its database in memory.
 *
 *   npm run bench:blocks -- [--megabytes 10] [--freezes 40] [--scale 1] [--entries N] [--runs N]
 *
 * With a scale of 10 blocks, freezes and levels are a tenth of what they are, so that 100 MB lie as
 * 1 GB does; the rows are then divided by it.
 */
import { parseArgs } from "node:util";
import { byteString } from "../../../src/kv/keys/key-range.ts";
import type { Manifest } from "../../../src/kv/tree/base-manifest.ts";
import { emptyManifest, encodeManifest, unitsOf } from "../../../src/kv/tree/base-manifest.ts";
import { BlockBase } from "../../../src/kv/tree/block-base.ts";
import type { Frozen, FrozenVersion } from "../../../src/kv/tree/freeze-job.ts";
import { defaultPolicy } from "../../../src/kv/tree/policy.ts";
import type { BasePolicy } from "../../../src/proto/generated/base.ts";
import { sha256 } from "../../support/sha256.ts";
import { TurnDatabase } from "../../support/sqlite.ts";
import { Prng } from "../sim/world/random.ts";

const valueBytes = 256;
const sliceBytes = 256 * 1_024;
const cacheBytes = 6_000_000;
const reads = 20_000;

/** What each part of the work came to. */
interface Costs {
  rows: number;
  micros: number;
}

const noCosts = (): Costs => ({ rows: 0, micros: 0 });

function policyOf(scale: number, entries: number, youngRuns: number): BasePolicy {
  return {
    ...defaultPolicy,
    youngRuns,
    freezeEntries: Math.round(entries / scale),
    freezeBytes: Math.round(defaultPolicy.freezeBytes / scale),
    blockBytes: Math.round(defaultPolicy.blockBytes / scale),
    levelBytes: Math.round(defaultPolicy.levelBytes / scale),
  };
}

class Bench {
  readonly #database = new TurnDatabase();
  readonly #random = new Prng("blocks");
  readonly #keys: number;
  readonly #versions: Int32Array;
  readonly #created: Int32Array;
  readonly #base: BlockBase;
  #before: Manifest;
  #revision = 1;
  #index = 0;
  costs = { freeze: noCosts(), merge: noCosts(), sweep: noCosts() };
  slicesMs: number[] = [];
  readonly policy: BasePolicy;

  constructor(keys: number, policy: BasePolicy) {
    this.#keys = keys;
    this.policy = policy;
    this.#versions = new Int32Array(keys);
    this.#created = new Int32Array(keys);
    this.#before = emptyManifest(policy);
    this.#base = new BlockBase(this.#database.sql, sha256, this.#before, cacheBytes);
  }

  /** One freeze of random puts (or of the next keys), its merges, and the sweep. */
  round(next?: number): void {
    const frozen = this.#frozen(next);
    this.#index += this.policy.freezeEntries;
    const point = {
      index: this.#index,
      revision: this.#revision,
      compactRevision: this.#revision,
      storedBytes: this.#keys * (valueBytes + 20 + 256),
      pressed: false,
      policy: this.policy,
    };
    this.#measured("freeze", () => {
      this.#base.freeze(frozen, point);
      while (!this.#base.step(sliceBytes)) this.#database.commit();
      this.#before = this.#base.manifest;
      this.#base.finish();
    });
    this.#measured("merge", () => {
      for (let done = false; !done; ) {
        const start = performance.now();
        done = this.#base.step(sliceBytes);
        this.slicesMs.push(performance.now() - start);
        this.#database.commit();
      }
    });
    this.#measured("sweep", () => {
      const sweep = this.#base.sweep(() => [this.#before]);
      while (!sweep.done) sweep.step(sliceBytes);
    });
    this.#database.commit();
  }

  #measured(part: keyof Bench["costs"], run: () => void): void {
    const rows = this.#database.rowsWritten;
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    this.costs[part].micros += user + system;
    this.costs[part].rows += this.#database.rowsWritten - rows;
  }

  #frozen(next: number | undefined): Frozen {
    const made: FrozenVersion[] = [];
    for (let i = 0; i < this.policy.freezeEntries; i++) {
      const n = next === undefined ? this.#random.below(this.#keys) : (next + i) % this.#keys;
      this.#revision++;
      const version = (this.#versions[n] ?? 0) + 1;
      if (version === 1) this.#created[n] = this.#revision;
      this.#versions[n] = version;
      const key = new TextEncoder().encode(keyName(n));
      const kv = {
        key,
        createRevision: this.#created[n] ?? 0,
        modRevision: this.#revision,
        version,
        value: this.#random.bytes(valueBytes),
        lease: 0n,
      };
      made.push({ key: byteString(key), kv, second: false, leasedBefore: false });
    }
    const history = made.map(({ key, kv }) => ({ key, revision: kv.modRevision, second: false }));
    const versions = made.toSorted((a, b) => {
      if (a.key !== b.key) return a.key < b.key ? -1 : 1;
      return b.kv.modRevision - a.kv.modRevision;
    });
    return { versions, history };
  }

  /** Loads of blocks and microseconds for a read of one random key, that lives or does not. */
  reads(lives: boolean): { readonly loads: number; readonly micros: number } {
    const { read } = this.#base;
    const loads = this.#base.loads;
    const start = process.cpuUsage();
    let found = 0;
    for (let i = 0; i < reads; i++) {
      const name = keyName(this.#random.below(this.#keys));
      if (read.get(lives ? name : `${name}/`, this.#revision) !== undefined) found++;
    }
    if (found !== (lives ? reads : 0)) throw new Error(`${found} of ${reads} keys were found`);
    const { user, system } = process.cpuUsage(start);
    return { loads: (this.#base.loads - loads) / reads, micros: (user + system) / reads };
  }

  /** Loads and milliseconds for a page of 250 KB, and for a count of a tenth of all keys. */
  pages() {
    const { read } = this.#base;
    const pages = 50;
    const loads = this.#base.loads;
    const start = process.cpuUsage();
    for (let i = 0; i < pages; i++) {
      let bytes = 0;
      const from = keyName(this.#random.below(this.#keys));
      for (const [, kv] of read.scanLive(from, "l", this.#revision, false)) {
        bytes += kv.key.length + kv.value.length;
        if (bytes > 250_000) break;
      }
    }
    const page = process.cpuUsage(start);
    const pageLoads = (this.#base.loads - loads) / pages;
    const countStart = process.cpuUsage();
    for (let i = 0; i < pages; i++) read.countLive("k", "l", this.#revision);
    const count = process.cpuUsage(countStart);
    return {
      pageLoads,
      pageMs: (page.user + page.system) / pages / 1_000,
      countMs: (count.user + count.system) / pages / 1_000,
    };
  }

  describe() {
    const { manifest } = this.#base;
    const { young, levels } = manifest.versions;
    const mega = (runs: typeof levels) =>
      runs.map((run) => Math.round(run.reduce((sum, { bytes }) => sum + bytes, 0) / 1e5) / 10);
    return {
      young: mega(young),
      levels: mega(levels),
      units: unitsOf(manifest).length,
      manifestBytes: encodeManifest(manifest).length,
      databaseMegabytes: Math.round(this.#database.sql.databaseSize / 1e6),
    };
  }
}

function keyName(n: number): string {
  return `key/${String(n).padStart(12, "0")}`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      megabytes: { type: "string", default: "10" },
      freezes: { type: "string", default: "40" },
      scale: { type: "string", default: "1" },
      entries: { type: "string", default: String(defaultPolicy.freezeEntries) },
      runs: { type: "string", default: String(defaultPolicy.youngRuns) },
    },
  });
  const scale = Number(values.scale);
  const keys = Math.ceil((Number(values.megabytes) * 1e6) / (valueBytes + 16));
  const bench = new Bench(keys, policyOf(scale, Number(values.entries), Number(values.runs)));
  const { freezeEntries } = bench.policy;
  for (let at = 0; at < keys; at += freezeEntries) bench.round(at);
  // Until levels are as full as they will be.
  for (let i = 0; i < 12; i++) bench.round();
  bench.costs = { freeze: noCosts(), merge: noCosts(), sweep: noCosts() };
  bench.slicesMs = [];
  const freezes = Number(values.freezes);
  for (let i = 0; i < freezes; i++) bench.round();
  const puts = freezes * freezeEntries;
  const { freeze, merge, sweep } = bench.costs;
  const rowsOf = (...parts: readonly Costs[]) =>
    (parts.reduce((sum, part) => sum + part.rows, 0) / puts / scale).toFixed(4);
  const micros = (cost: Costs) => (cost.micros / puts).toFixed(1);
  console.log(bench.describe());
  console.log(`keys=${keys} puts=${puts} rows/put=${rowsOf(freeze, merge, sweep)}`);
  const each = [freeze, merge, sweep].map((part) => rowsOf(part));
  console.log(`rows/put freeze=${each[0]} merge=${each[1]} deletes=${each[2]}`);
  console.log(`us/put freeze=${micros(freeze)} merge=${micros(merge)} sweep=${micros(sweep)}`);
  const slices = bench.slicesMs.sort((a, b) => a - b);
  const share = (part: number) => slices[Math.floor((slices.length - 1) * part)]?.toFixed(1);
  console.log(`ms of a slice: half within ${share(0.5)}, 99 of 100 within ${share(0.99)}`);
  console.log("get", bench.reads(true), "absent", bench.reads(false));
  console.log(bench.pages());
}

main();
