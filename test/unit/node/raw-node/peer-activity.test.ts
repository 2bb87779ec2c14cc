import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerActivity } from "../../../../src/node/raw-node/peer-activity.ts";

const electionTicks = 10;

/** Heard in each tick from `from` to `to`. */
function heardAlong(activity: PeerActivity, from: number, to: number): void {
  for (let tick = from; tick <= to; tick++) activity.heard(2, tick);
}

test("a peer is silent until it is heard of, and after an election timeout without a word", () => {
  const activity = new PeerActivity(electionTicks);
  assert.equal(activity.activeForTicks(2, 0), undefined);
  activity.heard(2, 5);
  assert.notEqual(activity.activeForTicks(2, 5 + electionTicks), undefined);
  assert.equal(activity.activeForTicks(2, 6 + electionTicks), undefined);
});

test("after a break that its leader saw, it answers since the end of it", () => {
  const activity = new PeerActivity(electionTicks);
  activity.leading(100);
  heardAlong(activity, 101, 110);
  assert.equal(activity.activeForTicks(2, 110), Infinity);
  activity.heard(2, 110 + electionTicks);
  assert.equal(activity.activeForTicks(2, 120), Infinity, "no longer than a timeout: no break");
  heardAlong(activity, 131, 140);
  assert.equal(activity.activeForTicks(2, 140), 9);
});

test("whoever is first heard of late in a leader's time was not there before", () => {
  const activity = new PeerActivity(electionTicks);
  activity.leading(100);
  activity.heard(2, 111);
  assert.equal(activity.activeForTicks(2, 111), 0);
});

test("a new leader knows of no break: what a follower does not hear says nothing", () => {
  const activity = new PeerActivity(electionTicks);
  activity.heard(2, 5);
  activity.heard(2, 90);
  assert.equal(activity.activeForTicks(2, 90), 0);
  activity.leading(100);
  assert.ok(activity.tooEarlyToTell(100 + electionTicks));
  activity.heard(2, 102);
  assert.equal(activity.activeForTicks(2, 102), Infinity);
  assert.ok(!activity.tooEarlyToTell(101 + electionTicks));
});
