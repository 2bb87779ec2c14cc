/** examples/lock, as deployed: one at a time, and nothing from who lost the lock. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { b } from "../../support/base64.ts";
import { until } from "../e2e/support/until.ts";
import { Deployment } from "./support/deployment.ts";

let deployment: Deployment;
before(async () => {
  deployment = await Deployment.start("lock");
});
after(() => deployment.stop());

interface Line {
  readonly token: number;
  readonly text: string;
}

interface Run {
  readonly status: number;
  readonly token: number;
  readonly error: string;
}

async function run(name: string, steps: number): Promise<Run> {
  const response = await deployment.fetch(`/jobs/${name}?steps=${steps}`, { method: "POST" });
  const { token = 0, error = "" } = (await response.json()) as Partial<Run>;
  return { status: response.status, token, error };
}

async function ledger(name: string): Promise<readonly Line[]> {
  const response = await deployment.fetch(`/jobs/${name}`);
  return (await response.json()) as readonly Line[];
}

/** Keys of those who have the lock or wait for it. */
async function keys(name: string): Promise<readonly { readonly lease: string }[]> {
  const range = { key: b(`lock/${name}/`), range_end: b(`lock/${name}0`), sort_target: "CREATE" };
  type Found = { readonly kvs?: readonly { readonly lease: string }[] };
  return (await deployment.call<Found>("kv/range", range)).kvs ?? [];
}

test("jobs that are asked for at once run one after the other, with growing tokens", async () => {
  const runs = await Promise.all([1, 2, 3, 4].map(() => run("report", 5)));
  assert.deepEqual(
    runs.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  const tokens = runs.map(({ token }) => token).sort((a, b) => a - b);
  assert.equal(new Set(tokens).size, 4);
  const steps = ["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"];
  const expected = tokens.flatMap((token) => steps.map((text) => ({ token, text })));
  assert.deepEqual(await ledger("report"), expected);
  assert.deepEqual(await keys("report"), []);
});

test("who lost its lease is refused once another has written", async () => {
  const first = run("lost", 100);
  await until("it has the lock", 10_000, async () => (await ledger("lost"))[0]);
  const second = run("lost", 3);
  const [held] = await until("the other one waits", 10_000, async () => {
    const found = await keys("lost");
    return found.length === 2 ? found : undefined;
  });
  await deployment.call("lease/revoke", { ID: held?.lease });
  assert.equal((await second).status, 200);
  const { status, error } = await first;
  assert.equal(status, 409);
  assert.match(error, /no longer the newest token/);
  const lines = await ledger("lost");
  const tokens = lines.map(({ token }) => token);
  assert.deepEqual(
    tokens,
    tokens.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    lines.filter(({ token }) => token > (tokens[0] ?? 0)).map(({ text }) => text),
    ["1 of 3", "2 of 3", "3 of 3"],
  );
});

test("who lost its lease notices although nobody else wants the lock", async () => {
  const alone = run("alone", 200);
  await until("it has the lock", 10_000, async () => (await ledger("alone"))[0]);
  const [held] = await keys("alone");
  await deployment.call("lease/revoke", { ID: held?.lease });
  const { status, error } = await alone;
  assert.equal(status, 409);
  assert.match(error, /the lease has ended/);
  assert.ok((await ledger("alone")).length < 200);
});
