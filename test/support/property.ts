import { relative } from "node:path";
import type { TestContext } from "node:test";
import fc from "fast-check";

const root = `${import.meta.dirname}/../..`;

/**
 * Holds a property against random inputs. A failure names the smallest one found, and the command
 * that finds it again.
 */
export function holds<Inputs>(
  t: TestContext,
  property: fc.IProperty<Inputs>,
  parameters: fc.Parameters<Inputs> = {},
): void {
  const { FC_SEED: seed, FC_PATH: path } = process.env;
  const again = seed === undefined ? {} : { seed: Number(seed), ...(path && { path }) };
  const details = fc.check(property, { ...parameters, ...again });
  if (!details.failed) return;
  const file = relative(root, t.filePath ?? "");
  const place = `FC_SEED=${details.seed} FC_PATH=${details.counterexamplePath}`;
  const pattern = `--test-name-pattern=${JSON.stringify(`^${t.name}$`)}`;
  const command = `${place} node --test ${pattern} ${file}`;
  const report = fc.defaultReportMessage(details) ?? "the property does not hold";
  throw new Error(`${report}\n\nTo reproduce: ${command}`, { cause: details.errorInstance });
}
