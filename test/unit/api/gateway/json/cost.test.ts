/** What reading costs grows with the text and no faster, whatever the text is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage } from "../../../../../src/api/gateway/json/read.ts";
import { JsonSplitter } from "../../../../../src/api/gateway/json/splitter.ts";
import {
  AuthenticateRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
  WatchCreateRequest,
} from "../../../../../src/proto/generated/etcd.ts";
import type { Message } from "../../../../../src/proto/message.ts";

/** Texts of about so many characters, each the worst of its kind. */
const hostile: Readonly<Record<string, readonly [Message<object>, (size: number) => string]>> = {
  "a number of many zeros": [RangeRequest, (size) => `{"limit":1${"0".repeat(size)}1}`],
  "a quoted one": [RangeRequest, (size) => `{"limit":"1${"0".repeat(size)}1"}`],
  "a fraction of zeros": [RangeRequest, (size) => `{"limit":0.${"0".repeat(size)}1}`],
  "a long exponent": [RangeRequest, (size) => `{"limit":1e${"9".repeat(size)}}`],
  "a list of numbers": [AuthenticateRequest, (size) => `{"x":[${"1,".repeat(size / 2)}1]}`],
  "small objects": [AuthenticateRequest, (size) => `{"x":[${"{},".repeat(size / 3)}1]}`],
  "unknown members": [AuthenticateRequest, (size) => `{${'"a":1,'.repeat(size / 6)}"b":1}`],
  "known members again": [PutRequest, (size) => `{${'"key":"YQ",'.repeat(size / 11)}"b":1}`],
  "many operations": [TxnRequest, (size) => `{"success":[${"{},".repeat(size / 3)}{}]}`],
  "many filters": [WatchCreateRequest, (size) => `{"filters":[${"0,".repeat(size / 2)}0]}`],
  "escaped characters": [AuthenticateRequest, (size) => `{"name":"${"\\u0041".repeat(size / 6)}"}`],
  backslashes: [AuthenticateRequest, (size) => `{"name":"${"\\\\".repeat(size / 2)}"}`],
  quotes: [AuthenticateRequest, (size) => `{"name":"${'\\"'.repeat(size / 2)}"}`],
  "an open string": [AuthenticateRequest, (size) => `{"name":"${'\\"'.repeat(size / 2)}`],
  "many nests": [
    AuthenticateRequest,
    (size) => `{"x":[${`${"[".repeat(390)}${"]".repeat(390)},`.repeat(size / 781)}1]}`,
  ],
  "white space": [AuthenticateRequest, (size) => `{${" ".repeat(size)}}`],
  "base64 with line ends": [PutRequest, (size) => `{"value":"${"QUFB\\n".repeat(size / 6)}"}`],
  "equals signs": [PutRequest, (size) => `{"value":"${"=".repeat(size)}"}`],
};

/** Milliseconds of the fastest of three. */
function timeOf(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i += 1) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

for (const [what, [kind, textOf]] of Object.entries(hostile)) {
  test(`a megabyte of ${what} is read in a moment`, () => {
    const text = textOf(1_000_000);
    const spent = timeOf(() => {
      try {
        readMessage(kind, text);
      } catch (error) {
        assert.ok(error instanceof Error && /^Json/.test(error.name), String(error));
      }
    });
    // About 50 ms here; what grows with the square takes minutes.
    assert.ok(spent < 2_000, `${spent} ms`);
  });
}

test("a value that comes a character at a time is looked at once", () => {
  const value = `{"x":"${"a".repeat(500_000)}"}`;
  const spent = timeOf(() => {
    const splitter = new JsonSplitter();
    const values = [...value].flatMap((c) => splitter.push(c));
    assert.deepEqual(values, [value]);
    assert.equal(splitter.pending, 0);
  });
  assert.ok(spent < 3_000, `${spent} ms`);
});
