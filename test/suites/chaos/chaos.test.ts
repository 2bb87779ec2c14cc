import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { roundBelowFloors, roundFailureText, roundLine } from "./report.ts";
import { type RoundOptions, runRound } from "./round.ts";

const short: Omit<RoundOptions, "seed" | "layout"> = {
  members: 3,
  clients: 8,
  seconds: 10,
  pace: { everyMs: 950, lastsMs: 800 },
  leaseSeconds: 3,
};

describe("clusters on workerd under faults", { concurrency: true }, () => {
  test("killed, paused, evicted and cut off members keep what they promise", async (t) => {
    const result = await runRound({ ...short, seed: randomInt(1, 1e9), layout: "apart" });
    t.diagnostic(roundLine(result));
    assert.deepEqual(
      result.violations,
      [],
      result.violations.length > 0 ? roundFailureText(result) : "",
    );
    assert.deepEqual(roundBelowFloors(result), []);
  });

  test("members that acknowledge puts before they are anywhere are found out", async (t) => {
    const mistake = "early-acknowledgements";
    const calm = { ...short, seconds: 5, pace: { everyMs: 60_000, lastsMs: 0 } };
    const result = await runRound({ ...calm, seed: 1, layout: "together", mistake });
    const checks = [...new Set(result.violations.map(({ check }) => check))];
    t.diagnostic(`found by: ${checks.join(", ")}`);
    assert.ok(checks.includes("answers"), checks.join());
    assert.ok(checks.includes("linearizability"), checks.join());
  });
});
