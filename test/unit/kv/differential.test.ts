import { test } from "node:test";
import fc from "fast-check";
import { holds } from "../../support/property.ts";
import { commands } from "./model/commands.ts";
import { Harness } from "./model/harness.ts";

/** More of them, for a long run. */
const { FC_RUNS = "4000" } = process.env;

test("whatever happens to it, the store is what the model says", (t) => {
  const property = fc.property(commands, (sequence) => {
    const harness = new Harness();
    for (const command of sequence) harness.run(command);
    harness.checkEnd();
  });
  holds(t, property, { numRuns: Number(FC_RUNS) });
});
