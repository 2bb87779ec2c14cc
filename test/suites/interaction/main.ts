/**
 * npm run interaction -- [--rewrite] PATH...
 *
 * Runs scripts (a file, or all below a folder) and compares what they print. With --rewrite records
 * what they print as expected: read the difference before it is committed.
 */
import { existsSync } from "node:fs";
import { mismatchText, recordScript, runScript, scriptsAt } from "./run.ts";

const args = process.argv.slice(2);
const rewrite = args.includes("--rewrite");
const paths = args.filter((arg) => arg !== "--rewrite");
const missing = paths.filter((path) => !existsSync(path));
const files = [...new Set(paths.filter((path) => existsSync(path)).flatMap(scriptsAt))];

if (rewrite) for (const file of files) recordScript(file);

let failed = 0;
for (const file of files) {
  const failures = runScript(file);
  if (failures.length > 0) failed++;
  for (const failure of failures) console.log(mismatchText(failure));
}
for (const path of missing) console.log(`${path}: no such file or folder`);
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exitCode = failed + missing.length > 0 || files.length === 0 ? 1 : 0;
