/** Arbitrary messages of raft's, for property tests. */
import fc from "fast-check";
import type {
  ConfChange,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  Entry,
  EntryType,
  HardState,
  Message,
  MessageType,
  Snapshot,
} from "../../../src/proto/raftpb.ts";

const { MAX_SAFE_INTEGER } = Number;

/** Numbers around the borders of varints as well as everywhere else. */
export const anyUint: fc.Arbitrary<number> = fc.oneof(
  fc.nat(300),
  fc.constantFrom(...[7, 14, 21, 28, 31, 32, 35, 42, 49].flatMap((n) => [2 ** n - 1, 2 ** n])),
  fc.constant(MAX_SAFE_INTEGER),
  fc.integer({ min: 0, max: MAX_SAFE_INTEGER }),
);

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });

export const entry: fc.Arbitrary<Entry> = fc.record({
  term: anyUint,
  index: anyUint,
  type: fc.nat(2) as fc.Arbitrary<EntryType>,
  data: anyBytes,
});

const ids = fc.array(anyUint, { maxLength: 4 });

export const confState: fc.Arbitrary<ConfState> = fc.record({
  voters: ids,
  learners: ids,
  votersOutgoing: ids,
  learnersNext: ids,
  autoLeave: fc.boolean(),
});

export const snapshot: fc.Arbitrary<Snapshot> = fc.record({
  data: anyBytes,
  metadata: fc.record({ confState, index: anyUint, term: anyUint }),
});

export const hardState: fc.Arbitrary<HardState> = fc.record({
  term: anyUint,
  vote: anyUint,
  commit: anyUint,
});

const plainMessage = {
  type: fc.nat(23) as fc.Arbitrary<MessageType>,
  to: anyUint,
  from: anyUint,
  term: anyUint,
  logTerm: anyUint,
  index: anyUint,
  entries: fc.array(entry, { maxLength: 4 }),
  commit: anyUint,
  vote: anyUint,
  snapshot: fc.option(snapshot, { nil: undefined }),
  reject: fc.boolean(),
  rejectHint: anyUint,
  context: fc.option(anyBytes, { nil: undefined }),
};

export const message: fc.Arbitrary<Message> = fc.record({
  ...plainMessage,
  responses: fc.array(fc.record({ ...plainMessage, responses: fc.constant([]) }), { maxLength: 2 }),
});

const changeType = fc.nat(3) as fc.Arbitrary<ConfChangeType>;

export const confChange: fc.Arbitrary<ConfChange> = fc.record({
  id: anyUint,
  type: changeType,
  nodeId: anyUint,
  context: anyBytes,
});

export const confChangeV2: fc.Arbitrary<ConfChangeV2> = fc.record({
  transition: fc.nat(2) as fc.Arbitrary<ConfChangeTransition>,
  changes: fc.array(fc.record({ type: changeType, nodeId: anyUint }), { maxLength: 4 }),
  context: anyBytes,
});
