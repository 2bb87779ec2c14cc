import assert from "node:assert/strict";
import { test } from "node:test";
import { maxOpen, maxOpenStrangers, OpenRequests } from "../../../../src/api/base/open-requests.ts";
import { originOf } from "../../../../src/api/http/origin.ts";
import { clock } from "../support/clock.ts";

const full = /too many streams and waits are open/;

test("one client has half of the places, whoever is unknown all of them", () => {
  const open = new OpenRequests();
  const time = clock();
  for (let i = 0; i < maxOpen / 2; i += 1) open.enter("a", time);
  assert.throws(() => open.enter("a", time), full);
  open.enter("b", time).leave();
  for (let i = 0; i < maxOpen / 2; i += 1) open.enter("", time);
  assert.throws(() => open.enter("", time), full);
  assert.equal(open.count, maxOpen);
});

test("a place that is given back is free, and is given back once", () => {
  const open = new OpenRequests();
  const time = clock();
  const place = open.enter("a", time);
  open.enter("a", time);
  place.leave();
  place.leave();
  assert.equal(open.count, 1);
});

test("strangers have places of their own, however many of them there are", () => {
  const open = new OpenRequests();
  const time = clock();
  const places = Array.from({ length: maxOpenStrangers / 2 }, () => open.enter("a", time, true));
  assert.throws(() => open.enter("a", time, true), full, "half of what there is");
  for (let i = 0; i < maxOpenStrangers / 2; i += 1) places.push(open.enter("", time, true));
  assert.throws(() => open.enter("", time, true), full);
  for (let i = 0; i < maxOpen; i += 1) open.enter("", time);
  assert.throws(() => open.enter("", time), full);
  assert.equal(open.count, maxOpen + maxOpenStrangers);
  for (const place of places) place.leave();
  open.enter("a", time, true);
  assert.equal(open.count, maxOpen + 1);
});

test("who turns out to be known takes a place among the known", () => {
  const open = new OpenRequests();
  const time = clock();
  const all = Array.from({ length: maxOpenStrangers }, () => open.enter("", time, true));
  const [first, second] = all;
  first?.trust();
  first?.trust();
  assert.equal(open.count, maxOpenStrangers);
  open.enter("", time, true);
  assert.throws(() => open.enter("", time, true), full);
  for (let i = 0; i < maxOpen - 1; i += 1) open.enter("", time);
  assert.throws(() => second?.trust(), full);
  first?.leave();
  first?.leave();
  first?.trust();
  second?.trust();
  assert.equal(open.count, maxOpen + maxOpenStrangers - 1);
  assert.throws(() => open.enter("", time), full);
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
