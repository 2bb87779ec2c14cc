import assert from "node:assert/strict";
import { test } from "node:test";
import { type Config, resolveConfig } from "../../../src/raft/config.ts";
import {
  ConfigError,
  LocalAppendThread,
  LocalApplyThread,
  MemoryStorage,
  noLimit,
  RawNode,
  type Storage,
} from "../../../src/raft/index.ts";

const least: Config = {
  id: 1,
  electionTick: 10,
  heartbeatTick: 1,
  storage: new MemoryStorage(),
  random: () => 0,
  maxSizePerMsg: 1000,
  maxInflightMsgs: 256,
};

const refused = (change: Partial<Config>, why: RegExp) => {
  const isWhy = (error: unknown) => error instanceof ConfigError && why.test(error.message);
  assert.throws(() => new RawNode({ ...least, ...change }), isWhy, String(why));
};

test("a configuration that cannot work is refused with the reason", () => {
  refused({ id: 0 }, /^cannot use none as id$/);
  refused({ id: LocalAppendThread }, /^cannot use local target as id$/);
  refused({ id: LocalApplyThread }, /^cannot use local target as id$/);
  refused({ heartbeatTick: 0 }, /^heartbeat tick must be greater than 0$/);
  refused({ electionTick: 1 }, /^election tick must be greater than heartbeat tick$/);
  refused({ storage: undefined as unknown as Storage }, /^storage cannot be nil$/);
  refused({ random: undefined as unknown as () => number }, /^random must be a function$/);
  refused({ maxInflightMsgs: 0 }, /^max inflight messages must be greater than 0$/);
  refused({ maxInflightBytes: 999 }, /^max inflight bytes must be >= max message size$/);
  refused(
    { readOnlyOption: "lease-based" },
    /^CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased$/,
  );
});

test("numbers that are no counts are refused", () => {
  for (const bad of [-3, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    refused({ id: bad }, /^id must be a safe integer of 0 or more, not/);
    refused({ electionTick: bad }, /^electionTick must be/);
    refused({ applied: bad }, /^applied must be/);
    refused({ maxInflightMsgs: bad }, /^maxInflightMsgs must be/);
    if (bad !== noLimit) refused({ maxSizePerMsg: bad }, /^maxSizePerMsg must be .* or Infinity/);
  }
});

test("what is left out has its default", () => {
  const resolved = resolveConfig(least);
  assert.equal(resolved.maxCommittedSizePerReady, 1000, "as large as a message");
  assert.equal(resolved.maxUncommittedEntriesSize, noLimit);
  assert.equal(resolved.maxInflightBytes, 0);
  assert.equal(resolved.readOnlyOption, "safe");
  assert.deepEqual(
    [resolved.checkQuorum, resolved.preVote, resolved.asyncStorageWrites],
    [false, false, false],
  );
  assert.equal(resolveConfig({ ...least, maxInflightBytes: noLimit }).maxInflightBytes, 0);
  assert.equal(resolveConfig({ ...least, maxInflightBytes: 1000 }).maxInflightBytes, 1000);
});

test("lease reads are allowed with check-quorum", () => {
  const resolved = resolveConfig({ ...least, readOnlyOption: "lease-based", checkQuorum: true });
  assert.equal(resolved.readOnlyOption, "lease-based");
});
