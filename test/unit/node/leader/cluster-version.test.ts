import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterVersion } from "../../../../src/node/leader/cluster-version.ts";
import type { CallResponse } from "../../../../src/node/peers/frame-codec.ts";

const ticksBetweenAttempts = 50;

/** A leader whose code knows version 2, in a cluster that is at version 1. */
function leader() {
  const state = { others: [2, 3], known: 2, settled: true, ended: (): void => undefined };
  const proposed: Uint8Array[] = [];
  const version = new ClusterVersion({
    supported: 2,
    current: () => "1",
    open: () => true,
    settled: () => state.settled,
    others: () => state.others,
    askAll: (members, done) => {
      const join = { instance: "", empty: false, version: state.known };
      const answers = new Map(members.map((id) => [id, { join } as CallResponse]));
      setImmediate(() => done(answers));
    },
    propose: (data, ended) => {
      proposed.push(data);
      state.ended = ended;
    },
  });
  /** Ticks until the others are asked; `meanwhile` comes before their answers. */
  const attempt = async (meanwhile: () => void = () => undefined) => {
    for (let tick = 0; tick < ticksBetweenAttempts; tick++) version.tick();
    meanwhile();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { state, proposed, version, attempt };
}

test("the version is raised once, when all know it; until then nobody joins", async () => {
  const { state, proposed, version, attempt } = leader();
  state.known = 1;
  await attempt();
  assert.equal(proposed.length, 0);
  state.known = 2;
  assert.equal(version.required, 1);
  await attempt();
  assert.equal(proposed.length, 1);
  assert.equal(version.required, undefined);
  await attempt();
  assert.equal(proposed.length, 1, "not again while it is under way");
  state.ended();
  assert.equal(version.required, 1);
});

test("who became a member while the others were asked is asked, too", async () => {
  const { state, proposed, attempt } = leader();
  await attempt(() => {
    state.others = [2, 3, 4];
  });
  assert.equal(proposed.length, 0);
  await attempt();
  assert.equal(proposed.length, 1);
});

test("while the members change the version stays", async () => {
  const { state, proposed, attempt } = leader();
  await attempt(() => {
    state.settled = false;
  });
  await attempt();
  assert.equal(proposed.length, 0);
  state.settled = true;
  await attempt();
  assert.equal(proposed.length, 1);
});
