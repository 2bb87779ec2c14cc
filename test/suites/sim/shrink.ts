import { type RunOptions, type RunResult, runSeed } from "./run.ts";

/**
 * The shortest beginning of the fault plan with which the seed still fails, by bisection; at most
 * some ten runs. What random choices everything else makes does not depend on the faults left out.
 */
export async function shortestFailure(
  options: RunOptions,
  failed: RunResult,
  run: (options: RunOptions) => Promise<RunResult> = runSeed,
): Promise<RunResult> {
  let [passes, fails] = [-1, failed.begun];
  let best = failed;
  while (fails - passes > 1) {
    const faultLimit = Math.floor((passes + fails) / 2);
    const { sink: _sink, ...quiet } = options;
    const result = await run({ ...quiet, faultLimit });
    if (result.violations.length > 0) {
      fails = faultLimit;
      best = result;
    } else {
      passes = faultLimit;
    }
  }
  return best;
}
