import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType, newEntry, newMessage } from "../../../../src/proto/raftpb.ts";
import type { ReadState } from "../../../../src/raft/types.ts";
import { RaftCluster } from "../support/cluster.ts";
import { data, type NodeOptions, TestNode } from "../support/testnode.ts";

// Raft thesis, 6.4: linearizable reads without a log entry.

const { MsgApp, MsgHeartbeat, MsgHeartbeatResp, MsgReadIndex, MsgReadIndexResp } = MessageType;

/** A read of node `from`'s host, on its way to a node. */
const request = (from: number, to: number, text: string): Message =>
  newMessage({ type: MsgReadIndex, from, to, entries: [newEntry({ data: data(text) })] });

/** Takes the reads that a node may serve: index and request of each. */
function served({ raft }: TestNode): [index: number, request: string][] {
  const states: readonly ReadState[] = raft.readStates;
  raft.readStates = [];
  return states.map(({ index, requestCtx }) => [index, new TextDecoder().decode(requestCtx)]);
}

/** Every member reads in turn, and sees all that was committed before. */
function everybodyReads(cluster: RaftCluster): void {
  cluster.campaign(1);
  let committed = 1;
  for (let round = 0; round < 2; round++) {
    for (const node of cluster.nodes) {
      cluster.propose(1, ..."0123456789");
      committed += 10;
      const text = `${node.id} in ${round}`;
      cluster.send(request(node.id, node.id, text));
      assert.deepEqual(served(node), [[committed, text]]);
      assert.deepEqual(cluster.nodes.flatMap(served), [], "nobody else hears of it");
    }
  }
}

test("TestReadOnlyOptionSafe: leader and followers read what was committed before", () => {
  everybodyReads(RaftCluster.of(3));
});

test("TestReadOnlyWithLearner: so do learners, and a single voter needs nobody for it", () => {
  const membership: NodeOptions = { voters: [1], learners: [2] };
  everybodyReads(new RaftCluster([1, 2].map((id) => new TestNode(id, membership))));
});

const lease = { readOnlyOption: "lease-based", checkQuorum: true } as const;

test("TestReadOnlyOptionLease: the same on the leader's word", () => {
  everybodyReads(RaftCluster.of(3, lease));
});

test("a leader that is cut off answers on its word, but not where it must ask", () => {
  for (const [options, count] of [
    [{}, 0],
    [lease, 1],
  ] as const) {
    const cluster = RaftCluster.of(3, options);
    cluster.campaign(1);
    cluster.isolate(1);
    cluster.send(request(1, 1, "read"));
    assert.equal(served(cluster.node(1)).length, count);
  }
});

test("a read goes nowhere while no leader is known", () => {
  const cluster = RaftCluster.of(3);
  cluster.send(request(2, 2, "read"));
  assert.deepEqual(cluster.nodes.flatMap(served), []);
});

test("TestReadOnlyForNewLeader: a new leader reads once it has committed in its own term", () => {
  const cluster = RaftCluster.of(3);
  cluster.campaign(2);
  cluster.propose(2, "a");
  cluster.beat(2);
  // Its own first entry reaches nobody.
  cluster.ignore(MsgApp);
  cluster.campaign(1);
  const leader = cluster.node(1);
  assert.deepEqual([leader.raft.state, leader.raft.log.committed], ["StateLeader", 2]);
  cluster.send(request(1, 1, "early"));
  assert.deepEqual(served(leader), []);

  cluster.heal();
  cluster.beat(1);
  assert.deepEqual([leader.raft.log.committed, leader.raft.log.term(3)], [3, 2]);
  assert.deepEqual(served(leader), [[3, "early"]]);
  cluster.send(request(1, 1, "late"));
  assert.deepEqual(served(leader), [[3, "late"]]);
});

test("TestReadOnlyDuplicateRequest: answers to an old round confirm no newer read", () => {
  const cluster = RaftCluster.of(3);
  cluster.campaign(1);
  const late: Message[] = [];
  const answers: Message[] = [];
  cluster.hook = (m) => {
    if (m.type === MsgHeartbeatResp) late.push(m);
    if (m.type === MsgReadIndexResp) answers.push(m);
    return m.type !== MsgHeartbeatResp;
  };
  // The network holds the answers to its round, and a copy of the request.
  const copy = request(2, 1, "A");
  cluster.send(copy);
  assert.equal(late.length, 2);
  const before = cluster.node(1).raft.log.committed;

  // Leadership goes over unnoticed by node 1, which then is asked once more.
  cluster.isolate(1);
  cluster.campaign(2);
  cluster.propose(2, "x");
  const now = cluster.node(2).raft.log.committed;
  assert.ok(now > before);
  cluster.send(request(1, 1, "B"));
  cluster.heal();
  cluster.hook = (m) => {
    if (m.type === MsgReadIndexResp) answers.push(m);
    return true;
  };
  cluster.send(copy, ...late);

  assert.deepEqual(
    answers.map(({ to, index }) => [to, index]),
    [[2, before]],
    "the round confirms the read that it was for, and not its copy",
  );
  assert.deepEqual(served(cluster.node(1)), [], "read B could only be stale");
});

test("TestRaftFreesReadOnlyMem: a read that is answered is forgotten", () => {
  const leader = new TestNode(1, { voters: [1, 2] }).asLeader();
  leader.messages();
  leader.step({ type: MessageType.MsgAppResp, from: 2, term: 1, index: 1 });
  leader.messages();

  leader.step(request(2, 1, "read"));
  const [heartbeat, ...more] = leader.messages();
  assert.deepEqual(more, []);
  assert.equal(heartbeat?.type, MsgHeartbeat);
  assert.equal(leader.raft.readOnly.pending, 1);
  const { context } = heartbeat;
  leader.step({ type: MsgHeartbeatResp, from: 2, term: 1, context });
  assert.equal(leader.raft.readOnly.pending, 0);
  const [answer] = leader.messages();
  assert.deepEqual([answer?.type, answer?.to, answer?.index], [MsgReadIndexResp, 2, 1]);
  assert.equal(leader.raft.readOnly.heartbeatContext(), undefined);
});

test("an answer to a read that names no read is passed over", () => {
  const follower = new TestNode(2, { voters: [1, 2, 3] }).asFollower(1, 1);
  for (const entries of [[], [newEntry(), newEntry()]]) {
    follower.step({ type: MsgReadIndexResp, from: 1, term: 1, index: 5, entries });
  }
  assert.deepEqual(served(follower), []);
});
