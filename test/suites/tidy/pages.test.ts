/** Pages cite what is there: files, functions in them, other pages and their sections. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { root } from "./sources.ts";

const pages = globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root })
  .filter((path) => !path.includes("node_modules"))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const flowing = (text: string) => text.replaceAll(/\s*\n\s*/g, " ");

test("the pages are found at all", () => {
  const names = pages.map(({ path }) => path);
  for (const name of ["README.md", "CONTRIBUTING.md", "docs/architecture.md"]) {
    assert.ok(names.includes(name), name);
  }
});

test("files and folders that pages cite are there", () => {
  const cited = /(?<![\w./-])(?:src|test|scripts|docs|examples)\/[\w./*-]*[\w*]/g;
  const found = pages.flatMap(({ path, text }) =>
    [...text.matchAll(cited)].map(([file]) => ({ path, file })),
  );
  assert.ok(found.length > 100, `${found.length} citations`);
  const absent = found.filter(({ file }) => globSync(file, { cwd: root }).length === 0);
  assert.deepEqual(absent, []);
});

test("what pages say is in a file is in it", () => {
  const cited = /`([\w.#]+)` in `((?:src|test)\/[\w./-]+\.ts)`/g;
  const found = pages.flatMap(({ path, text }) =>
    [...flowing(text).matchAll(cited)].map(([, name = "", file = ""]) => ({ path, name, file })),
  );
  assert.ok(found.length > 40, `${found.length} citations`);
  const absent = found.filter(({ name, file }) => {
    const source = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
    // "Member.propose" is a class and what it has.
    return !name.split(".").every((part) => new RegExp(`(?<!\\w)${part}\\b`).test(source));
  });
  assert.deepEqual(absent, []);
});

test("commands that pages name are package.json's", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const cited = /\bnpm (?:run )?(?:-s )?((?:test|start)\b|(?<=run (?:-s )?)[\w:-]*\w)/g;
  const found = pages.flatMap(({ path, text }) =>
    [...text.matchAll(cited)].map(([, script = ""]) => ({ path, script })),
  );
  assert.ok(found.length > 15, `${found.length} commands`);
  assert.deepEqual(
    found.filter(({ script }) => scripts[script] === undefined),
    [],
  );
});

test("links between pages lead to a page, and to a section of it", () => {
  /** As GitHub makes them. */
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  const links = pages.flatMap(({ path, text }) =>
    [...flowing(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => ({ path, target }))
      .filter(({ target }) => !/^https?:/.test(target)),
  );
  assert.ok(links.length > 25, `${links.length} links`);
  const wrong = links.filter(({ path, target }) => {
    const [file = "", anchor] = target.split("#");
    const page = join(root, file === "" ? path : join(dirname(path), file));
    if (!existsSync(page)) return true;
    if (anchor === undefined) return false;
    const headings = readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm);
    return ![...headings].some(([, heading = ""]) => anchorOf(heading) === anchor);
  });
  assert.deepEqual(wrong, []);
});
