import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, MessageType, newEntry, newMessage } from "../../../src/proto/raftpb.ts";
import { ReadOnlyOption } from "../../../src/raft/types.ts";
import { Cluster } from "../support/cluster.ts";
import { data, electionTick, type NodeOptions, TestNode } from "../support/testnode.ts";

// Linearizable reads (Raft thesis, 6.4).

const { MsgApp, MsgHeartbeat, MsgHeartbeatResp, MsgReadIndex } = MessageType;

function readRequest(from: number, to: number, context: string): Message {
  return newMessage({ type: MsgReadIndex, from, to, entries: [newEntry({ data: data(context) })] });
}

/** Takes out what the node's host was told: index and context of each read. */
function readStates(node: TestNode): [number, string][] {
  const states = node.raft.readStates;
  node.raft.readStates = [];
  return states.map(({ index, requestCtx }) => [index, new TextDecoder().decode(requestCtx)]);
}

/** Reads on each node in turn, each after ten more proposals. */
function readAround(cluster: Cluster, readers: readonly number[]): void {
  let index = 1;
  for (const [i, reader] of readers.entries()) {
    for (let j = 0; j < 10; j++) cluster.propose(1, "x");
    index += 10;
    cluster.send(readRequest(reader, reader, `ctx${i}`));
    assert.deepEqual(readStates(cluster.node(reader)), [[index, `ctx${i}`]]);
  }
}

test("TestReadOnlyOptionSafe: any node may read as of the commit index when it asked", () => {
  const cluster = Cluster.of(3);
  cluster.campaign(1);
  readAround(cluster, [1, 2, 3, 1, 2, 3]);
});

test("TestReadOnlyWithLearner: so may a learner", () => {
  const members = { voters: [1], learners: [2] };
  const cluster = new Cluster([new TestNode(1, members), new TestNode(2, members)]);
  cluster.campaign(1);
  readAround(cluster, [1, 2, 1, 2]);
});

test("TestReadOnlyOptionLease: within its lease a leader answers without asking anybody", () => {
  const readOnlyOption = ReadOnlyOption.ReadOnlyLeaseBased;
  const cluster = Cluster.of(3, { readOnlyOption, checkQuorum: true });
  const two = cluster.node(2);
  two.raft.randomizedElectionTimeout = electionTick + 1;
  two.tick(electionTick);
  cluster.campaign(1);
  readAround(cluster, [1, 2, 3, 1, 2, 3]);
  cluster.ignore(MsgHeartbeat);
  cluster.send(readRequest(1, 1, "alone"));
  assert.deepEqual(readStates(cluster.node(1)), [[61, "alone"]]);
});

test("TestReadOnlyForNewLeader: a new leader answers once it has committed in its term", () => {
  const voters = [1, 2, 3];
  const made = (id: number, commit: number, compacted: number): TestNode => {
    const options: NodeOptions = { voters, log: [1, 1], saved: { term: 1, commit } };
    const node = new TestNode(id, { ...options, applied: commit });
    if (compacted > 0) node.storage.compact(compacted);
    return node;
  };
  // It knows less than the others of what is committed.
  const cluster = new Cluster([made(1, 1, 0), made(2, 2, 2), made(3, 2, 2)]);
  cluster.ignore(MsgApp);
  cluster.campaign(1);
  const one = cluster.node(1);
  assert.equal(one.raft.state, "StateLeader");
  cluster.send(readRequest(1, 1, "ctx"));
  assert.deepEqual(readStates(one), []);

  cluster.heal();
  one.tick(one.raft.config.heartbeatTick);
  cluster.propose(1, "");
  assert.equal(one.raft.log.committed, 4);
  assert.equal(one.raft.log.term(4), one.raft.term);
  assert.deepEqual(readStates(one), [[4, "ctx"]]);
  cluster.send(readRequest(1, 1, "ctx"));
  assert.deepEqual(readStates(one), [[4, "ctx"]]);
});

test("TestReadOnlyDuplicateRequest: old answers do not confirm a deposed leader's reads", () => {
  const cluster = Cluster.of(3);
  cluster.campaign(1);
  const [one, two] = [cluster.node(1), cluster.node(2)];
  const committedAtA = one.raft.log.committed;
  const delayed: Message[] = [readRequest(2, 1, "A")];
  cluster.hook = (message) => {
    if (message.type !== MsgHeartbeatResp) return true;
    delayed.push(message);
    return false;
  };
  cluster.send(readRequest(2, 1, "A"));
  cluster.hook = () => true;
  one.tick();
  cluster.flush(1);

  // 1 is cut off, 2 takes over and commits. Then 1 is asked, and old answers reach it.
  cluster.isolate(1);
  cluster.campaign(2);
  cluster.propose(2, "someOp");
  const committedAtB = two.raft.log.committed;
  cluster.send(readRequest(1, 1, "B"));
  cluster.heal();
  cluster.send(...delayed);
  const states = cluster.nodes.flatMap(readStates);
  for (const [index, context] of states) {
    const least = context === "A" ? committedAtA : committedAtB;
    assert.ok(index >= least, `${context} at ${index}, at least ${least}`);
  }
});

test("TestRaftFreesReadOnlyMem: a read that was answered is forgotten", () => {
  const node = new TestNode(1, { voters: [1, 2] }).asLeader();
  node.messages();
  node.raft.log.commitTo(node.raft.log.lastIndex());
  node.step(readRequest(2, 1, "ctx"));
  const [beat, ...more] = node.messages();
  assert.deepEqual(more, []);
  assert.equal(beat?.type, MsgHeartbeat);
  assert.equal(node.raft.readOnly.pending, 1);
  node.step({ type: MsgHeartbeatResp, from: 2, context: beat?.context });
  assert.equal(node.raft.readOnly.pending, 0);
});
