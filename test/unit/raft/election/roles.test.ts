import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "../../../../src/proto/raftpb.ts";
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomePreCandidate,
} from "../../../../src/raft/consensus/roles.ts";
import { InvariantError } from "../../../../src/raft/errors.ts";
import { TestNode } from "../support/testnode.ts";

// Figure 4 of the Raft paper: roles, and the ways between them.

const roles = {
  StateFollower: (node: TestNode) => node,
  StatePreCandidate: (node: TestNode) => node.asPreCandidate(),
  StateCandidate: (node: TestNode) => node.asCandidate(),
  StateLeader: (node: TestNode) => node.asLeader(),
} as const;
type Role = keyof typeof roles;

const become: Record<Role, (node: TestNode) => void> = {
  StateFollower: ({ raft }) => becomeFollower(raft, raft.term + 1, 3),
  StatePreCandidate: ({ raft }) => becomePreCandidate(raft),
  StateCandidate: ({ raft }) => becomeCandidate(raft),
  StateLeader: ({ raft }) => becomeLeader(raft),
};

/** What a role brings with it: how much later the term is, whom it follows, its vote. */
const outcome: Record<Role, readonly [terms: number, lead: number]> = {
  StateFollower: [1, 3],
  StatePreCandidate: [0, 0],
  StateCandidate: [1, 0],
  StateLeader: [0, 1],
};

const forbidden: readonly (readonly [Role, Role])[] = [
  ["StateFollower", "StateLeader"],
  ["StateLeader", "StatePreCandidate"],
  ["StateLeader", "StateCandidate"],
];

test("TestStateTransition: each way between roles has its effect, or is an error", () => {
  const all = Object.keys(roles) as Role[];
  for (const from of all) {
    for (const to of all) {
      const node = roles[from](new TestNode(1, { voters: [1, 2, 3] }));
      const { term } = node.raft;
      if (forbidden.some(([a, b]) => a === from && b === to)) {
        assert.throws(() => become[to](node), InvariantError, `${from} to ${to}`);
        assert.deepEqual([node.raft.state, node.raft.term], [from, term]);
        continue;
      }
      become[to](node);
      const [terms, lead] = outcome[to];
      const { raft } = node;
      assert.deepEqual([raft.state, raft.term, raft.lead], [to, term + terms, lead], from);
    }
  }
});

test("TestAllServerStepdown: a later term makes everybody a follower", () => {
  for (const role of Object.keys(roles) as Role[]) {
    const node = roles[role](new TestNode(1, { voters: [1, 2, 3] }));
    const length = role === "StateLeader" ? 1 : 0;
    for (const [type, lead] of [
      [MessageType.MsgVote, 0],
      [MessageType.MsgApp, 2],
    ] as const) {
      node.step({ type, from: 2, term: 3, logTerm: 3 });
      const { state, term } = node.raft;
      assert.deepEqual([state, term, node.raft.lead], ["StateFollower", 3, lead], role);
      assert.equal(node.raft.log.allEntries().length, length);
    }
  }
});
