/**
 * npm run raft-test-names
 *
 * Prints those of etcd's test functions that have no counterpart here, and exits with 1 if any.
 */
import { existsSync, readFileSync } from "node:fs";
import { excluded, missing, namesFile, parseNames } from "./names.ts";

if (!existsSync(namesFile)) {
  console.log(`nothing was compared: ${namesFile} is absent`);
  process.exitCode = 1;
} else {
  const names = parseNames(readFileSync(namesFile, "utf8"));
  const without = missing(names);
  for (const { file, name } of without) console.log(`${file}: ${name}`);
  for (const [name, reason] of excluded()) console.log(`excluded: ${name} (${reason})`);
  console.log(`${names.length - without.length} of ${names.length} names accounted for`);
  process.exitCode = without.length > 0 ? 1 : 0;
}
