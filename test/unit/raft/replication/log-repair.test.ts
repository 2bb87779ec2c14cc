import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import { step } from "../../../../src/raft/consensus/step.ts";
import { TestNode } from "../support/testnode.ts";

// How a leader finds the point up to which a follower's log agrees with its own (Raft paper, 5.3).

const { MsgAppResp, MsgHeartbeat, MsgUnreachable } = MessageType;
const voters = [1, 2, 3];

/** The one message that a node has to send. */
function only(node: TestNode): Message {
  const [message, ...more] = node.messages();
  assert.deepEqual(more, []);
  assert.ok(message);
  return message;
}

interface Repair {
  readonly what: string;
  readonly leader: readonly number[];
  readonly follower: readonly number[];
  /** Index and term that the follower's refusal hints at. */
  readonly hint: readonly [index: number, term: number];
  /** What the leader's next probe follows. */
  readonly probe: readonly [index: number, term: number];
  /** Up to where the follower's log is compacted. */
  readonly compacted?: number;
}

const repairs: readonly Repair[] = [
  {
    what: "the leader skips its terms above the hint",
    leader: [1, 2, 2, 4, 4, 4, 4],
    follower: [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3],
    hint: [7, 3],
    probe: [3, 2],
  },
  {
    what: "the leader stops where it has the hint's own term",
    leader: [1, 2, 2, 3, 4, 4, 4, 5],
    follower: [1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3],
    hint: [8, 3],
    probe: [4, 3],
  },
  {
    what: "the follower skips its terms above the leader's",
    leader: [1, 1, 1, 1],
    follower: [1, 2, 2, 4],
    hint: [1, 1],
    probe: [1, 1],
  },
  {
    what: "the same where the leader's log is the longer one",
    leader: [1, 1, 1, 1, 1, 1],
    follower: [1, 2, 2, 4],
    hint: [1, 1],
    probe: [1, 1],
  },
  {
    what: "the same where the follower's log is the longer one",
    leader: [1, 1, 1, 1],
    follower: [1, 2, 2, 4, 4, 4],
    hint: [1, 1],
    probe: [1, 1],
  },
  {
    what: "a follower that only lacks entries names its last",
    leader: [1, 1, 1, 4, 5],
    follower: [1, 1, 1, 4],
    hint: [4, 4],
    probe: [4, 4],
  },
  {
    what: "one refusal passes over a whole term of the leader",
    leader: [2, 5, 5, 5, 5, 5, 5, 5, 5],
    follower: [2, 4, 4, 4, 4, 4],
    hint: [6, 4],
    probe: [1, 2],
  },
  {
    what: "one refusal passes over a whole term of the follower",
    leader: [2, 2, 2, 2, 2],
    follower: [2, 4, 4, 4, 4, 4, 4, 4],
    hint: [1, 2],
    probe: [1, 2],
  },
  {
    what: "a follower that cannot tell its term any more says so with term 0",
    leader: [1, 1, 3],
    follower: [1, 1, 3, 3, 3],
    compacted: 5,
    hint: [3, 0],
    probe: [2, 1],
  },
];

test("TestFastLogRejection: a refusal costs a round trip a term, not one an entry", () => {
  for (const { what, leader: ours, follower: theirs, hint, probe, compacted } of repairs) {
    const term = ours.at(-1) ?? 0;
    const saved = { term: term - 1, commit: ours.length };
    const leader = new TestNode(1, { voters, log: ours, saved }).asLeader();
    const follower = new TestNode(2, { voters, log: theirs, saved: { term } });
    if (compacted !== undefined) follower.storage.compact(compacted);

    follower.step({ type: MsgHeartbeat, from: 1, term });
    step(leader.raft, only(follower));
    step(follower.raft, only(leader));
    const refusal = only(follower);
    assert.deepEqual([refusal.type, refusal.reject], [MsgAppResp, true], what);
    assert.deepEqual([refusal.rejectHint, refusal.logTerm], hint, what);
    step(leader.raft, refusal);
    const next = only(leader);
    assert.deepEqual([next.index, next.logTerm], probe, what);
  }
});

test("TestLogReplicationWithReorderedMessage: a late refusal undoes no acknowledgement", () => {
  const leader = new TestNode(1, { voters: [1, 2] }).asLeader();
  leader.messages();
  leader.progress(2).becomeReplicate();
  leader.propose("a");
  const first = only(leader);
  leader.propose("b");
  const second = only(leader);

  const follower = new TestNode(2, { voters: [1, 2] });
  step(follower.raft, second);
  const refusal = only(follower);
  assert.deepEqual([refusal.reject, refusal.index, refusal.rejectHint], [true, 2, 0]);
  step(follower.raft, first);
  const acknowledgement = only(follower);
  assert.deepEqual([acknowledgement.reject, acknowledgement.index], [false, 2]);

  step(leader.raft, acknowledgement);
  leader.messages();
  assert.equal(leader.progress(2).match, 2);
  leader.step({ type: MsgUnreachable, from: 2 });
  assert.equal(leader.progress(2).state, "StateProbe");
  step(leader.raft, refusal);
  assert.equal(only(leader).index, 2, "it goes on behind what was acknowledged");
  assert.equal(leader.progress(2).match, 2);
});
