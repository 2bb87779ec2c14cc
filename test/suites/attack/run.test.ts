import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attack, Stage } from "./attack.ts";
import { attacks } from "./attacks/index.ts";
import { bounds } from "./bounds.ts";
import { runAll, type Start } from "./run.ts";

const table = { "1": { cpu: { unit: "s", most: 1 } } } as const;

function attack(run: (stage: Stage) => Promise<void>, limitMs = 5_000): Attack {
  return { id: "1", name: "one", what: "does something", limitMs, run };
}

async function carriedOut(one: Attack, start?: Start): Promise<{ status: number; text: string }> {
  const lines: string[] = [];
  const status = await runAll([one], {}, table, (line) => lines.push(line), start);
  return { status, text: lines.join("\n") };
}

test("the exit status is 0 where all bounds hold", async () => {
  const { status, text } = await carriedOut(attack(async ({ report }) => report.figure("cpu", 1)));
  assert.equal(status, 0);
  assert.match(text, /all bounds held/);
});

test("the exit status is 1 where a figure is beyond its bound", async () => {
  const { status, text } = await carriedOut(attack(async ({ report }) => report.figure("cpu", 2)));
  assert.equal(status, 1);
  assert.match(text, /beyond bounds: 1 one/);
});

test("the exit status is 1 where a bounded figure was not measured", async () => {
  const { status, text } = await carriedOut(attack(async () => undefined));
  assert.equal(status, 1);
  assert.match(text, /cpu +- {2}at most 1\.00 s +missing/);
});

test("an attack that throws has failed, and what it measured before is shown", async () => {
  const { status, text } = await carriedOut(
    attack(async ({ report }) => {
      report.figure("cpu", 0.5);
      throw new Error("the cluster does not start");
    }),
  );
  assert.equal(status, 1);
  assert.match(text, /0\.50 s/);
  assert.match(text, /the cluster does not start/);
});

test("an attack that does not end is ended, and so is what it started", async () => {
  const killed: string[] = [];
  const start: Start = async () => ({ kill: async () => void killed.push("target") });
  const { status, text } = await carriedOut(
    attack(async ({ report, start }) => {
      await start({ vars: {} });
      report.figure("cpu", 0.5);
      await new Promise((resolve) => setTimeout(resolve, 10_000).unref());
    }, 30),
    start,
  );
  assert.equal(status, 1);
  assert.match(text, /did not come to its end within 0\.03 s/);
  assert.deepEqual(killed, ["target"]);
});

test("only those that were chosen are run", async () => {
  const ran: string[] = [];
  const two = ["1", "2"].map((id): Attack => {
    return { ...attack(async () => void ran.push(id)), id };
  });
  await runAll(two, { only: ["2"] }, {}, () => undefined);
  assert.deepEqual(ran, ["2"]);
});

test("an attack is told which of its parts is wanted", async () => {
  const wanted: boolean[] = [];
  const one = attack(async ({ wants }) => void wanted.push(wants("a"), wants("b")));
  await runAll([one], {}, {}, () => undefined);
  await runAll([one], { part: "b" }, {}, () => undefined);
  assert.deepEqual(wanted, [true, true, false, true]);
});

test("figures add up, or the highest of them counts", async () => {
  const both = { "1": { sum: { unit: "" }, highest: { unit: "" } } } as const;
  const lines: string[] = [];
  const one = attack(async ({ report }) => {
    for (const value of [3, 5, 4]) {
      report.sum("sum", value);
      report.highest("highest", value);
    }
  });
  await runAll([one], {}, both, (line) => lines.push(line));
  assert.match(lines.join("\n"), /sum +12 /);
  assert.match(lines.join("\n"), /highest +5 /);
});

test("every attack has an id of its own, and bounds that it can pass", () => {
  const ids = attacks.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(Object.keys(bounds), ids);
  for (const [id, ofOne] of Object.entries(bounds)) {
    const limits = Object.values(ofOne).filter(
      ({ most, least }) => most !== undefined || least !== undefined,
    );
    assert.ok(limits.length > 5, `${id}: ${limits.length} bounds`);
  }
});
