import fc from "fast-check";
import { CheckpointWriter } from "../../../../src/kv/checkpoint/checkpoint-writer.ts";
import { Fingerprint, recordTag } from "../../../../src/kv/fingerprint/fingerprint.ts";
import { byteString } from "../../../../src/kv/keys/key-range.ts";
import { Lessor } from "../../../../src/kv/lease/lessor.ts";
import { CurrentStore } from "../../../../src/kv/store/current-store.ts";
import type { Store } from "../../../../src/kv/store/store.ts";
import type { Change, HistoryEntry } from "../../../../src/kv/store/version.ts";
import { tombstone } from "../../../../src/kv/store/view.ts";
import type { FrozenVersion } from "../../../../src/kv/tree/freeze-job.ts";
import type { FreezePoint } from "../../../../src/kv/tree/next-manifest.ts";
import { defaultPolicy } from "../../../../src/kv/tree/policy.ts";
import type { BasePolicy } from "../../../../src/proto/generated/base.ts";
import { type KeyValue, LeaseGrantRequest } from "../../../../src/proto/generated/etcd.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { bytes } from "../support.ts";

export const leaseIds = [1n, -5n, 2n ** 62n + 1n] as const;

/** So small that a handful of keys fill several levels. */
export const tinyPolicy: BasePolicy = {
  ...defaultPolicy,
  partBytes: 64,
  blockBytes: 256,
  unitBlocks: 3,
  inlineValueBytes: 50,
  youngRuns: 2,
  levelBytes: 1_500,
  fanOut: 2,
  garbageBytes: 4_000,
};

export interface Operation {
  readonly key: string;
  /** None deletes. */
  readonly value: Uint8Array | undefined;
  readonly lease: bigint;
}

/** What happens to a store, one after the other. */
export type Step =
  | { readonly kind: "txn"; readonly operations: readonly Operation[] }
  /** A part in 16 of the way from the last compaction to the newest revision. */
  | { readonly kind: "compact"; readonly part: number }
  | { readonly kind: "freeze"; readonly pressed: boolean };

/** All that was frozen at once, in lists that outlive the store. */
export interface Freeze {
  readonly versions: readonly FrozenVersion[];
  readonly history: readonly HistoryEntry[];
  readonly point: FreezePoint;
}

const longKey = "k".repeat(130);
export const keys = [
  ...["a", "ab", "a\0", "b", "ba", "c", "d", "e", "\xfe", "\xff\xff"],
  ...["1", "2", "3", "4", "5", "6"].map((end) => longKey + end),
];
const key = fc.constantFrom(...keys);
const value = fc.oneof({ arbitrary: fc.nat({ max: 40 }), weight: 6 }, fc.constantFrom(50, 51, 400));
const operation: fc.Arbitrary<Operation> = fc
  .record({
    key,
    length: fc.option(value, { freq: 3, nil: undefined }),
    lease: fc.oneof({ arbitrary: fc.constant(0n), weight: 3 }, fc.constantFrom(...leaseIds)),
    fill: fc.nat({ max: 3 }),
  })
  .map(({ key: at, length, lease, fill }) => {
    const filled = length === undefined ? undefined : new Uint8Array(length).fill(fill);
    return { key: at, value: filled, lease };
  });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .array(operation, { minLength: 1, maxLength: 4 })
      .map((operations) => ({ kind: "txn" as const, operations })),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 16 }).map((part) => ({ kind: "compact" as const, part })),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof({ arbitrary: fc.constant(false), weight: 9 }, fc.constant(true))
      .map((pressed) => ({ kind: "freeze" as const, pressed })),
  },
);

export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 200, size: "max" });

/** Today's store, and what it would hand to a base of blocks. */
export class Life {
  readonly #fingerprint = new Fingerprint();
  readonly #leases = new Lessor(this.#fingerprint.sink(recordTag.lease));
  readonly #current = new CurrentStore(new TurnDatabase().sql, this.#fingerprint, this.#leases);
  readonly freezes: Freeze[] = [];
  #policy: BasePolicy;
  #index = 0;
  #versions: FrozenVersion[] = [];

  constructor(policy: BasePolicy = tinyPolicy) {
    this.#policy = policy;
    for (const ID of leaseIds) this.#leases.grant(LeaseGrantRequest.create({ ID, TTL: 60 }));
  }

  get store(): Store {
    return this.#current.store;
  }

  run(next: Step): void {
    this.#index++;
    if (next.kind === "txn") this.#txn(next.operations);
    else if (next.kind === "compact") this.#compact(next.part);
    else this.#freeze(next.pressed);
  }

  /** A key changes at most twice, and only a put may be followed, by a deletion. */
  #txn(operations: readonly Operation[]): void {
    const changes: Change[] = [];
    const own = new Map<string, KeyValue>();
    for (const { key: name, value: put, lease } of operations) {
      const mine = own.get(name);
      const prev = mine ?? this.store.get(name);
      if (mine !== undefined && (mine.version === 0 || put !== undefined)) continue;
      if (prev === undefined && put === undefined) continue;
      const revision = this.store.revision + 1;
      const kv =
        put === undefined
          ? tombstone(bytes(name), revision)
          : {
              key: bytes(name),
              createRevision: prev?.createRevision ?? revision,
              modRevision: revision,
              version: (prev?.version ?? 0) + 1,
              value: put,
              lease,
            };
      own.set(name, kv);
      changes.push({ key: name, kv, prev });
    }
    this.store.commit(changes);
    for (const [i, { key: name, kv, prev }] of changes.entries()) {
      const second = changes.slice(0, i).some((change) => change.key === name);
      const leasedBefore = prev !== undefined && prev.lease !== 0n;
      this.#versions.push({ key: name, kv, second, leasedBefore });
    }
  }

  #compact(part: number): void {
    const { compactRevision, revision } = this.store;
    const from = Math.max(0, compactRevision);
    const goal = from + Math.floor(((revision - from) * part) / 16);
    if (goal > compactRevision) this.store.compact(goal);
  }

  /** Checkpoints the store, and notes what a base of blocks is to be given for it. */
  #freeze(pressed: boolean): void {
    const { revision, compactRevision, storedBytes } = this.store;
    const made = this.#versions;
    this.#versions = [];
    const history = made.map(({ key: name, kv, second }) => {
      return { key: name, revision: kv.modRevision, second };
    });
    const versions = made
      .map((version, at) => ({ version, at }))
      .sort((a, b) => {
        if (a.version.key !== b.version.key) return a.version.key < b.version.key ? -1 : 1;
        return b.at - a.at;
      })
      .map(({ version }) => version);
    const policy = this.#policy;
    const point = { index: this.#index, revision, compactRevision, storedBytes, pressed, policy };
    this.freezes.push({ versions, history, point });
    const writer = new CheckpointWriter(this.store);
    while (!writer.writeSlice({ maxRows: 100, maxBytes: 100_000 }));
  }
}

export const nameOf = byteString;
