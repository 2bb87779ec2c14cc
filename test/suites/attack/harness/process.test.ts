import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMemory, parseStat } from "./process.ts";

test("a stat line is read behind whatever its command's name holds", () => {
  const rest = "S 1 4242 4242 0 -1 4194304 9 0 0 0 123 45 6 7 20 0 9 0 100 200 300";
  const expected = { command: "work) (er d", group: 4_242, cpuSeconds: 1.68 };
  assert.deepEqual(parseStat(`4243 (work) (er d) ${rest}`), expected);
});

test("a stat line without numbers is refused", () => {
  assert.throws(() => parseStat("1 (workerd) S 1 x"), /no number at/);
});

test("memory now and at its peak, in bytes", () => {
  const status = "Name:\tworkerd\nVmPeak:\t 999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
  assert.deepEqual(parseMemory(status), { residentBytes: 1_048_576, peakBytes: 2_097_152 });
  assert.throws(() => parseMemory("Name:\tworkerd\nState:\tZ (zombie)\n"), /no VmRSS/);
});
