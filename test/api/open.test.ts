import assert from "node:assert/strict";
import { test } from "node:test";
import { originOf } from "../../src/api/http/origin.ts";
import { maxOpen, OpenRequests } from "../../src/api/open.ts";

/** A clock that a test moves. */
function clock() {
  let now = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    const timer = { atMs: now + ms, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  };
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += 1_000;
      for (const timer of timers.filter(({ atMs }) => atMs <= now)) {
        timers = timers.filter((one) => one !== timer);
        timer.run();
      }
    }
  };
  /** The requests behind the timers are ended by the platform, without a word. */
  const kill = () => {
    timers = [];
  };
  return { now: () => now, after, pass, kill };
}

const full = /too many streams and waits are open/;

test("one client has half of the places, whoever is unknown all of them", () => {
  const open = new OpenRequests();
  const time = clock();
  for (let i = 0; i < maxOpen / 2; i += 1) open.enter("a", time);
  assert.throws(() => open.enter("a", time), full);
  open.enter("b", time)();
  for (let i = 0; i < maxOpen / 2; i += 1) open.enter("", time);
  assert.throws(() => open.enter("", time), full);
  assert.equal(open.count, maxOpen);
});

test("a place that is given back is free, and is given back once", () => {
  const open = new OpenRequests();
  const time = clock();
  const leave = open.enter("a", time);
  open.enter("a", time);
  leave();
  leave();
  assert.equal(open.count, 1);
});

test("the places of requests that were killed are found when there are no others", () => {
  const open = new OpenRequests();
  const time = clock();
  for (let i = 0; i < maxOpen - 1; i += 1) open.enter("", time);
  time.kill();
  open.enter("", time);
  time.pass(60_000);
  assert.throws(() => open.enter("", time), full);
  time.pass(120_000);
  open.enter("", time);
  // The one whose request lives, and the new one.
  assert.equal(open.count, 2);
});

test("a client is told by its address, of an IPv6 one by its network", () => {
  const from = (address: string) => originOf(new Headers({ "cf-connecting-ip": address }));
  assert.equal(originOf(new Headers()), "");
  assert.equal(from("192.0.2.7"), "192.0.2.7");
  assert.equal(from("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
  assert.equal(from("2001:db8:1:2::9"), "2001:db8:1:2");
  assert.equal(from("2001:db8::1:9"), "2001:db8:0:0");
  assert.equal(from("::1"), "0:0:0:0");
});
