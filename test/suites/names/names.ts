import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

/** Packages of etcd's raft whose tests have a folder of their own below test/unit/raft. */
const packages = ["confchange", "quorum", "tracker"];

/** A test function of etcd's: TestRestore, say, of confchange/restore_test.go. */
export interface TestName {
  readonly file: string;
  readonly name: string;
}

/** Where etcd's names are listed. */
export const namesFile = join(root, "../shared/raft-testdata/test-names.txt");

/** Reads a list with `## file` above the names of each file. */
export function parseNames(text: string): TestName[] {
  const names: TestName[] = [];
  let file = "";
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line.startsWith("## ")) file = line.slice(3).trim();
    else if (line !== "" && !line.startsWith("#")) names.push({ file, name: line });
  }
  return names;
}

/** The package, which is the folder here and there; empty for the core itself. */
function packageOf(path: string): string {
  const folder = path.split("/")[0] ?? "";
  return packages.includes(folder) ? folder : "";
}

/** Names by which titles of tests refer to etcd's test functions, with their package. */
function counterparts(): Set<string> {
  const found = new Set<string>();
  const folder = join(root, "test/unit/raft");
  for (const path of globSync("**/*.test.ts", { cwd: folder })) {
    const text = readFileSync(join(folder, path), "utf8");
    for (const match of text.matchAll(/\btest\(\s*[`"](?:etcd's )?([^`"]*)/g)) {
      for (const [name] of (match[1] ?? "").matchAll(/\bTest[A-Z]\w*/g)) {
        found.add(`${packageOf(path.replaceAll("\\", "/"))} ${name}`);
      }
    }
  }
  return found;
}

/** Names without a counterpart, with the reason of each: `TestX: it tests a goroutine`. */
export function excluded(): Map<string, string> {
  const text = readFileSync(join(import.meta.dirname, "excluded.txt"), "utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(":");
      if (at < 0) throw new Error(`excluded.txt: no reason in ${line}`);
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

/** Those of etcd's test functions that nothing here stands for. */
export function missing(names: readonly TestName[]): TestName[] {
  const here = counterparts();
  const left = excluded();
  return names.filter(
    ({ file, name }) => !here.has(`${packageOf(file)} ${name}`) && !left.has(name),
  );
}
