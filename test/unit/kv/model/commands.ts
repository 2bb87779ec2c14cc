import fc from "fast-check";
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "../../../../src/proto/generated/etcd.ts";
import { bytes } from "../support.ts";

/** What happens to the state machine, one after the other. */
export type Command =
  | { readonly kind: "put"; readonly request: PutRequest }
  | { readonly kind: "delete"; readonly request: DeleteRangeRequest }
  | { readonly kind: "txn"; readonly request: TxnRequest }
  | { readonly kind: "range"; readonly request: RangeRequest; readonly pageBytes: number }
  | { readonly kind: "compact"; readonly revision: number }
  | { readonly kind: "grant"; readonly id: bigint; readonly ttl: number }
  /** What is left of a lease is put on record. */
  | { readonly kind: "remains"; readonly id: bigint; readonly seconds: number }
  | { readonly kind: "revoke"; readonly id: bigint }
  /** The same request again, this many requests later. */
  | { readonly kind: "retry"; readonly back: number }
  | { readonly kind: "empty" }
  | { readonly kind: "freeze" }
  | { readonly kind: "slice"; readonly maxRows: number }
  | { readonly kind: "cancel" }
  | { readonly kind: "finish" }
  | { readonly kind: "compactSlice"; readonly maxRows: number }
  /** The instance dies, and what was not committed with it. */
  | { readonly kind: "crash"; readonly fallBack: boolean }
  | { readonly kind: "commit" }
  | { readonly kind: "transfer"; readonly maxBytes: number; readonly restartAfter: number };

const key = fc.constantFrom("a", "ab", "a\0", "b", "ba", "c", "\xfe", "\xff\xff").map(bytes);
const rareKey = fc.oneof({ arbitrary: key, weight: 20 }, fc.constant(bytes("")));
const rangeEnd = fc.constantFrom("", "", "\0", "b", "c", "a\0\0", "\xff").map(bytes);
const value = fc.oneof(
  fc.constantFrom("", "1", "2", "x").map(bytes),
  fc.integer({ min: 890, max: 2_500 }).map((length) => new Uint8Array(length).fill(length)),
);
const leaseId = fc.constantFrom(1n, 7n, -5n, 2n ** 62n + 1n);
const lease = fc.oneof({ arbitrary: fc.constant(0n), weight: 4 }, leaseId);
const rarely = fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, fc.constant(true));
/** Most revisions are near the beginning: sequences are short. */
const revision = fc.oneof(
  { arbitrary: fc.constant(0), weight: 3 },
  { arbitrary: fc.integer({ min: -2, max: 14 }), weight: 3 },
  fc.constant(Number.MAX_SAFE_INTEGER),
);
const filter = fc.oneof({ arbitrary: fc.constant(0), weight: 8 }, fc.integer({ min: -1, max: 9 }));

const put = fc
  .record({
    key: rareKey,
    value,
    lease,
    prevKv: fc.boolean(),
    ignoreValue: rarely,
    ignoreLease: rarely,
  })
  .map((request) => {
    const tidy = request.ignoreValue ? { ...request, value: bytes("") } : request;
    return PutRequest.create(request.ignoreLease ? { ...tidy, lease: 0n } : tidy);
  });

const deleteRange = fc
  .record({ key: rareKey, rangeEnd, prevKv: fc.boolean() })
  .map((request) => DeleteRangeRequest.create(request));

const range = fc
  .record({
    key: rareKey,
    rangeEnd,
    limit: fc.constantFrom(0, 0, 0, 1, 2, 3, -1),
    revision,
    sortOrder: fc.constantFrom(0, 0, 1, 2),
    sortTarget: fc.constantFrom(0, 0, 1, 2, 3, 4),
    keysOnly: rarely,
    countOnly: rarely,
    minModRevision: filter,
    maxModRevision: filter,
    minCreateRevision: filter,
    maxCreateRevision: filter,
  })
  .map((request) => RangeRequest.create(request));

const compare = fc
  .record({
    result: fc.constantFrom(0, 1, 2, 3),
    target: fc.constantFrom(0, 1, 2, 3, 4),
    key: rareKey,
    rangeEnd,
    number: fc.integer({ min: 0, max: 6 }),
    value,
    lease,
    missing: rarely,
  })
  .map(({ number, value: compared, lease: id, missing, ...request }) => {
    const union = [
      { version: number },
      { createRevision: number },
      { modRevision: number },
      { value: compared },
      { lease: id },
    ][request.target];
    return Compare.create(missing ? request : { ...request, ...union });
  });

const { txn } = fc.letrec<{ op: RequestOp; txn: TxnRequest }>((tie) => ({
  op: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: put.map((requestPut) => RequestOp.create({ requestPut })), weight: 5 },
    { arbitrary: range.map((requestRange) => RequestOp.create({ requestRange })), weight: 3 },
    {
      arbitrary: deleteRange.map((request) => RequestOp.create({ requestDeleteRange: request })),
      weight: 2,
    },
    { arbitrary: tie("txn").map((requestTxn) => RequestOp.create({ requestTxn })), weight: 2 },
  ),
  txn: fc
    .record({
      compare: fc.array(compare, { maxLength: 2 }),
      success: fc.array(tie("op"), { maxLength: 4 }),
      failure: fc.array(tie("op"), { maxLength: 3 }),
    })
    .map((request) => TxnRequest.create(request)),
}));

const maxRows = fc.constantFrom(1, 2, 3, 100);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: put.map((request) => ({ kind: "put" as const, request })) },
  { weight: 5, arbitrary: deleteRange.map((request) => ({ kind: "delete" as const, request })) },
  { weight: 8, arbitrary: txn.map((request) => ({ kind: "txn" as const, request })) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("range" as const),
      request: range,
      pageBytes: fc.constantFrom(1, 60, 3_000, 1_000_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("compact" as const),
      revision: fc.integer({ min: -1, max: 14 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("grant" as const),
      id: leaseId,
      ttl: fc.constantFrom(-1, 0, 2, 30, 9_000_000_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("remains" as const),
      id: leaseId,
      seconds: fc.constantFrom(-1, 0, 1, 7),
    }),
  },
  { weight: 2, arbitrary: leaseId.map((id) => ({ kind: "revoke" as const, id })) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("retry" as const), back: fc.nat({ max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "empty" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "freeze" as const }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("slice" as const), maxRows }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "finish" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("compactSlice" as const), maxRows }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("crash" as const), fallBack: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "commit" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("transfer" as const),
      maxBytes: fc.constantFrom(1, 100, 5_000, 1_000_000),
      restartAfter: fc.nat({ max: 4 }),
    }),
  },
);

export const commands: fc.Arbitrary<Command[]> = fc.array(command, {
  maxLength: 50,
  size: "max",
});
