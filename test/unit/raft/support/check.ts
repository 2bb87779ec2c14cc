import assert from "node:assert/strict";
import { join, relative } from "node:path";
import * as fc from "fast-check";

const root = join(import.meta.dirname, "../../../..");

/** Of all random tests in one run; printed with each failure. */
export const seed = Number(process.env.RAFT_SEED ?? Date.now() % 2 ** 31);

/** Where in the sequence of runs to go on, to repeat a failure at once. */
export const path = process.env.RAFT_PATH;

interface Options {
  readonly numRuns?: number;
  /** Whether a failing example is made smaller: true by default. */
  readonly shrink?: boolean;
  /** What of an example is worth printing: all by default. */
  readonly show?: (example: unknown) => unknown;
}

/**
 * Checks a property on random examples. A failure names the one command that repeats it.
 * @param test the name of the test, or its beginning, and the file that it is in.
 */
export function check<T>(
  test: { readonly name: string; readonly file: string },
  property: fc.IProperty<T>,
  { numRuns = 100, shrink = true, show = (example) => example }: Options = {},
): void {
  const endOnFailure = !shrink && process.env.RAFT_SHRINK === undefined;
  const where = path === undefined ? {} : { path };
  const outcome = fc.check(property, { numRuns, seed, endOnFailure, ...where });
  if (!outcome.failed) return;
  const { errorInstance: error, counterexample, counterexamplePath } = outcome;
  const variables = `RAFT_SEED=${outcome.seed} RAFT_PATH=${counterexamplePath}`;
  const pattern = test.name.split(":")[0];
  const file = relative(root, test.file);
  const command = `${variables} node --test --test-name-pattern='${pattern}' ${file}`;
  const reason = error instanceof Error ? error.stack : String(error);
  const example = JSON.stringify(show(counterexample));
  assert.fail(`reproduce: ${command}\nexample: ${example}\n${reason}`);
}
