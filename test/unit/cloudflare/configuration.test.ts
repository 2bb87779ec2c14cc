import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError, configuration } from "../../../src/cloudflare/configuration.ts";

const tuningOf = (variables: object) => configuration({ MEMBERS: "3", ...variables }).tuning;
const policyOf = (AUTO_COMPACTION_RETENTION: string, AUTO_COMPACTION_MODE = "") =>
  tuningOf({ AUTO_COMPACTION_MODE, AUTO_COMPACTION_RETENTION }).autoCompaction;

test("auto-compaction keeps an hour, or 10,000 revisions, unless a retention is set", () => {
  const hour = { mode: "periodic", periodMs: 3_600_000 };
  assert.deepEqual(tuningOf({}).autoCompaction, hour);
  assert.deepEqual(policyOf(""), hour);
  assert.deepEqual(policyOf("", "revision"), { mode: "revision", retention: 10_000 });
  // Of who changes the mode alone it is asked what he means.
  assert.throws(() => policyOf("1h", "revision"), /must be a number of revisions/);
});

test("auto-compaction is off where the retention is 0", () => {
  for (const retention of ["0", "0s"]) assert.deepEqual(policyOf(retention), { mode: "off" });
  assert.deepEqual(policyOf("0", "revision"), { mode: "off" });
});

test("a period is hours or a duration, a number of revisions a number", () => {
  const periods = { 1: 3_600_000, "5m": 300_000, "1h30m": 5_400_000, "1.5h": 5_400_000 };
  for (const [retention, periodMs] of Object.entries({ ...periods, "2s500ms": 2_500 })) {
    assert.deepEqual(policyOf(retention), { mode: "periodic", periodMs });
    assert.deepEqual(policyOf(retention, "periodic"), { mode: "periodic", periodMs });
  }
  assert.deepEqual(policyOf("1000", "revision"), { mode: "revision", retention: 1_000 });
});

test("what cannot be used is said by name", () => {
  for (const retention of ["-1", "1.5", "h", "5 m", "1d", "5m1", "9".repeat(20)]) {
    assert.throws(() => policyOf(retention), {
      name: "ConfigurationError",
      message:
        `AUTO_COMPACTION_RETENTION is "${retention}"; in mode periodic it must be hours, ` +
        "or a duration such as 1h30m; 0 is off",
    });
  }
  for (const retention of ["5m", "-1", "1.5"]) {
    assert.throws(() => policyOf(retention, "revision"), /must be a number of revisions/);
  }
  assert.throws(() => policyOf("1", "hourly"), /"hourly"; it must be one of periodic, revision/);
  assert.throws(() => tuningOf({ QUOTA_BACKEND_BYTES: "2GB" }), ConfigurationError);
});

test("a quota of 0 is etcd's default, a negative one the most there can be", () => {
  assert.equal(tuningOf({}).quotaBytes, 2 * 1_024 ** 3);
  assert.equal(tuningOf({ QUOTA_BACKEND_BYTES: "0" }).quotaBytes, 2 * 1_024 ** 3);
  assert.equal(tuningOf({ QUOTA_BACKEND_BYTES: "4096" }).quotaBytes, 4_096);
  assert.equal(tuningOf({ QUOTA_BACKEND_BYTES: "-1" }).quotaBytes, 3 * 1_024 ** 3);
});

test("a number is decimal digits, in its range", () => {
  for (const text of ["0x10", "1e3", " 5", "+5", "5.0", "05", "0", "-1", "1000000001"]) {
    for (const name of ["SNAPSHOT_COUNT", "SNAPSHOT_CATCH_UP_ENTRIES"]) {
      assert.throws(() => tuningOf({ [name]: text }), ConfigurationError, `${name} ${text}`);
    }
  }
  for (const text of ["0x3", "3.0", " 3", "3e0", "0", "10", ""]) {
    assert.throws(() => configuration({ MEMBERS: text }), /it must be 1 to 9/, text);
  }
  for (const text of ["0x10", "1e3", " 5", "+5", "5.0", "--5", "9007199254740992"]) {
    assert.throws(() => tuningOf({ QUOTA_BACKEND_BYTES: text }), ConfigurationError, text);
  }
  for (const text of ["0x10", "1e3", " 5", "05"]) {
    assert.throws(() => policyOf(text, "revision"), ConfigurationError, text);
    assert.throws(() => policyOf(text), ConfigurationError, text);
  }
  assert.equal(tuningOf({ SNAPSHOT_COUNT: "100" }).snapshotCount, 100);
  assert.equal(
    tuningOf({ QUOTA_BACKEND_BYTES: "-1" }).quotaBytes,
    tuningOf({ QUOTA_BACKEND_BYTES: "-7" }).quotaBytes,
  );
});

test("a cluster never sleeps unless it is said after how many milliseconds", () => {
  assert.equal(tuningOf({}).sleepAfterMs, 0);
  assert.equal(tuningOf({ SLEEP_AFTER: "" }).sleepAfterMs, 0);
  assert.equal(tuningOf({ SLEEP_AFTER: "2000" }).sleepAfterMs, 2_000);
  for (const text of ["-1", "2s", "1.5", "3600001"]) {
    assert.throws(() => tuningOf({ SLEEP_AFTER: text }), {
      name: "ConfigurationError",
      message: `SLEEP_AFTER is "${text}"; it must be 0 (never) to 3600000 milliseconds`,
    });
  }
});
