import assert from "node:assert/strict";
import { test } from "node:test";
import { Logins, totalBurst, userBurst } from "../../../src/node/client/logins.ts";

function setUp() {
  const clock = { nowMs: 1_000_000 };
  const random = { below: () => 12_345, bytes: (length: number) => new Uint8Array(length) };
  const logins = new Logins(() => clock.nowMs, random);
  /** Attempts of that name until one is refused, at most so many. */
  const attempts = (name: string, most: number): number => {
    let taken = 0;
    while (taken < most && logins.take(name)) taken += 1;
    return taken;
  };
  return { clock, logins, attempts };
}

test("one user's attempts are bounded, and come back with time", () => {
  const { clock, attempts } = setUp();
  assert.equal(attempts("alice", 1_000), userBurst);
  assert.equal(attempts("bob", 10), 10);
  clock.nowMs += 5_000;
  assert.equal(attempts("alice", 1_000), 5);
  clock.nowMs += 3_600_000;
  assert.equal(attempts("alice", 1_000), userBurst);
});

test("all users' attempts together are bounded", () => {
  const { clock, attempts } = setUp();
  let taken = 0;
  for (let i = 0; i < 1_000; i += 1) taken += attempts(`user ${i}`, 1);
  assert.equal(taken, totalBurst);
  clock.nowMs += 1_000;
  taken = 0;
  for (let i = 0; i < 1_000; i += 1) taken += attempts(`other ${i}`, 1);
  assert.equal(taken, 20);
});

test("who knows the password is never held back", () => {
  const { logins } = setUp();
  for (let i = 0; i < 5_000; i += 1) {
    assert.ok(logins.take("alice"), `attempt ${i}`);
    logins.succeeded("alice");
  }
});

test("a clock that jumps back gives nothing, and takes nothing for good", () => {
  const { clock, attempts } = setUp();
  assert.equal(attempts("alice", 1_000), userBurst);
  clock.nowMs -= 500_000;
  assert.equal(attempts("alice", 1_000), 0);
  clock.nowMs += 2_000;
  assert.equal(attempts("alice", 1_000), 2);
});
