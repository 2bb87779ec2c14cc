import assert from "node:assert/strict";
import { test } from "node:test";
import { LazyCommits } from "../../../../src/node/peers/lazy-commits.ts";
import { type Message, MessageType, newEntry, newMessage } from "../../../../src/proto/raftpb.ts";
import { ManualTimers } from "../support/timers.ts";

function leader() {
  const timers = new ManualTimers();
  const sent: Message[] = [];
  const commits = new LazyCommits(timers, 5, (messages) => void sent.push(...messages));
  return { timers, sent, commits };
}

const { MsgApp, MsgHeartbeat } = MessageType;
const commit = (to: number, index: number) => newMessage({ type: MsgApp, to, commit: index });
const append = (to: number, index: number) =>
  newMessage({ type: MsgApp, to, commit: index, entries: [newEntry({ index: index + 1 })] });

test("the news of a commit waits 5 ms, and only the newest is told", () => {
  const { timers, sent, commits } = leader();
  assert.deepEqual(commits.take([commit(2, 7), commit(3, 7)]), []);
  assert.deepEqual(commits.take([commit(2, 8)]), []);
  timers.advance(4);
  assert.equal(sent.length, 0);
  timers.advance(1);
  assert.deepEqual(
    sent.map((message) => [message.to, message.commit]),
    [
      [2, 8],
      [3, 7],
    ],
  );
});

test("an append or a heartbeat that carries it makes it needless", () => {
  const { timers, sent, commits } = leader();
  commits.take([commit(2, 7), commit(3, 7)]);
  const heartbeat = newMessage({ type: MsgHeartbeat, to: 3, commit: 7 });
  assert.deepEqual(commits.take([append(2, 7), heartbeat]), [append(2, 7), heartbeat]);
  timers.advance(100);
  assert.deepEqual(sent, []);
});

test("what is kept after that waits for its own 5 ms", () => {
  const { timers, sent, commits } = leader();
  for (let index = 7; index < 20; index++) {
    commits.take([commit(2, index), commit(3, index)]);
    timers.advance(3);
    commits.take([append(2, index), append(3, index)]);
  }
  assert.deepEqual(sent, [], "one put after the other: the next one's append tells");
  commits.take([commit(2, 20)]);
  timers.advance(4);
  assert.deepEqual(sent, []);
  timers.advance(1);
  assert.equal(sent.length, 1);
});

test("a heartbeat that says less does not", () => {
  const { timers, sent, commits } = leader();
  commits.take([commit(3, 7)]);
  commits.take([newMessage({ type: MsgHeartbeat, to: 3, commit: 6 })]);
  timers.advance(5);
  assert.equal(sent.length, 1);
});

test("a follower whose read waits for it is told at once", () => {
  const { timers, sent, commits } = leader();
  commits.take([commit(2, 7), commit(3, 7)]);
  commits.flush(2);
  assert.deepEqual(
    sent.map(({ to }) => to),
    [2],
  );
  timers.advance(5);
  assert.deepEqual(
    sent.map(({ to }) => to),
    [2, 3],
  );
});

test("who leads no longer tells what is left at once", () => {
  const { timers, sent, commits } = leader();
  commits.take([commit(2, 7), commit(3, 7)]);
  commits.end();
  assert.deepEqual(
    sent.map((message) => [message.to, message.commit]),
    [
      [2, 7],
      [3, 7],
    ],
  );
  assert.equal(timers.pending, 0);
  commits.end();
  assert.equal(sent.length, 2, "and only once");
});
