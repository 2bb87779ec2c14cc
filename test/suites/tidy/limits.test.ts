/** docs/limits.md says what the code does: every figure and every error there is read from it. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/limits.md"), "utf8");

interface Row {
  readonly line: string;
  readonly bound: string;
  /** A file below src and what it exports, with the properties below it. */
  readonly constant: string;
  readonly error: string;
}

/** The cells of every table row but the headings. */
function rowsOf(text: string): Row[] {
  const tables = text.split("\n").filter((line) => line.startsWith("| "));
  const rows = tables.filter((line) => !line.startsWith("| ---") && !line.startsWith("| what |"));
  return rows.map((line) => {
    const [, , bound = "", constant = "", error = ""] = line.split("|").map((cell) => cell.trim());
    return { line, bound, constant, error };
  });
}

async function exported(constant: string): Promise<unknown> {
  const [file = "", path = ""] = constant.replaceAll("`", "").split(" ");
  let value: unknown = await import(join(root, "src", file));
  for (const name of path.split(".")) value = (value as Record<string, unknown>)[name];
  return value;
}

const rows = rowsOf(page);

test("the page has tables, and every row of them is whole", () => {
  assert.ok(rows.length > 8, `${rows.length} rows`);
  for (const { line, bound, constant, error } of rows) {
    assert.match(bound, /^[0-9][0-9,]*(?: |$)/, `no figure first: ${line}`);
    assert.match(constant, /^`[a-z0-9/-]+\.ts [A-Za-z0-9.]+`$/, `no constant: ${line}`);
    assert.notEqual(error, "", `nothing said of what is beyond: ${line}`);
  }
});

test("every figure is the constant's", async () => {
  for (const { bound, constant } of rows) {
    const figure = Number(bound.split(" ")[0]?.replaceAll(",", ""));
    assert.equal(await exported(constant), figure, constant);
  }
});

test("every error is one that the code has", () => {
  const files = globSync("src/**/*.ts", { cwd: root });
  const source = files.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  for (const { error } of rows) {
    for (const [, text = ""] of error.matchAll(/`([^`]+)`/g)) {
      assert.ok(source.includes(text), `no error says "${text}"`);
    }
  }
});
