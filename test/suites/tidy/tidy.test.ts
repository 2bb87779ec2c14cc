import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { importsOf, root, sources } from "./sources.ts";

/** What each layer may import from the others (its own files always). The arrows point down. */
const mayImport: Record<string, readonly string[]> = {
  proto: [],
  etcd: [],
  raft: ["proto"],
  storage: ["proto", "raft"],
  kv: ["proto", "etcd", "storage"],
  rpc: ["proto", "etcd"],
  node: ["proto", "etcd", "raft", "storage", "kv", "rpc"],
  api: ["proto", "etcd", "kv", "rpc"],
  cloudflare: ["proto", "etcd", "storage", "kv", "rpc", "node", "api"],
  "index.ts": ["cloudflare"],
  "worker.ts": ["index.ts"],
};

const layer = (path: string): string => path.split("/")[1] ?? "";

test("source files were found at all", () => {
  assert.ok(sources.some(({ path }) => path.startsWith("src/")));
  assert.ok(sources.some(({ path }) => path.startsWith("test/")));
});

test("no file is longer than 500 lines", () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > 500);
  assert.deepEqual(long, []);
});

test("no line is longer than 100 columns", () => {
  const long = sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, i) => ([...line].length > 100 ? [`${path}:${i + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});

test("pages of this repository that comments cite are there, and so are their sections", () => {
  const absent: string[] = [];
  const cited = /(?<![\w/])((?:docs\/)?(?:[A-Z]+|(?<=docs\/)[a-z]+)\.md)(?:, ([A-Z][a-z ]+))?/g;
  let count = 0;
  for (const { path, text } of sources) {
    const flowing = text.replaceAll(/\n\s*(?:\*|\/\/)?\s*/g, " ");
    for (const [, page = "", section] of flowing.matchAll(cited)) {
      count += 1;
      const file = join(root, page);
      const there = existsSync(file);
      const headings = there ? readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm) : [];
      const titles = new Set([...headings].map(([, title]) => title));
      const found = section === undefined || titles.has(section.trim());
      if (!there || !found) absent.push(`${path}: ${page}, ${section}`);
    }
  }
  assert.ok(count > 7, `${count} citations`);
  assert.deepEqual(absent, []);
});

test("imports point downward", () => {
  const wrong: string[] = [];
  for (const { path, text } of sources) {
    if (!path.startsWith("src/")) continue;
    const from = layer(path);
    const allowed = mayImport[from];
    assert.ok(allowed, `${path}: src/${from} is no layer that the design names`);
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith(".")) continue;
      const target = normalize(join(dirname(path), specifier));
      if (!target.startsWith("src/")) wrong.push(`${path} imports ${specifier}`);
      const to = layer(target);
      if (to !== from && !allowed.includes(to)) wrong.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("raft and the state machine touch no clock, no randomness, no I/O and no package", () => {
  const names =
    "Date|performance|setTimeout|setInterval|queueMicrotask|fetch|process|crypto|console";
  const forbidden = new RegExp(`\\b(${names}|globalThis)\\b|Math\\.random`);
  const wrong: string[] = [];
  for (const { path, text } of sources) {
    if (!path.startsWith("src/raft/") && !path.startsWith("src/kv/")) continue;
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith(".")) wrong.push(`${path} imports ${specifier}`);
    }
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").replaceAll(/"[^"\n]*"/g, '""');
    code.split("\n").forEach((line) => {
      if (forbidden.test(line)) wrong.push(`${path}: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});

test("only cloudflare/ knows the platform", () => {
  const names = [
    ...["DurableObject\\w*", "WebSocketPair", "IdentityTransformStream", "FixedLengthStream"],
    ...["ExecutionContext", "caches", "navigator", "HTMLRewriter", "SqlStorage"],
  ];
  const platform = new RegExp(`\\b(${names.join("|")})\\b|from "cloudflare:`);
  const wrong = sources
    .filter(({ path }) => path.startsWith("src/") && !path.startsWith("src/cloudflare/"))
    // A length is said by a stream of the platform, where there is one.
    .filter(({ path }) => path !== "src/api/http/stream.ts")
    .filter(({ text }) => platform.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")))
    .map(({ path }) => path);
  assert.deepEqual(wrong, []);
});

test("types are never switched off and nothing is left for later", () => {
  const marks = [
    `@ts-${"ignore"}`,
    `@ts-${"expect-error"}`,
    `as ${"any"}`,
    `TO${"DO"}`,
    `FIX${"ME"}`,
  ];
  const wrong = sources.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, i) =>
        marks.filter((m) => line.includes(m)).map((m) => `${path}:${i + 1} ${m}`),
      ),
  );
  assert.deepEqual(wrong, []);
});

test("no test is switched off or run alone", () => {
  const wrong = sources
    .filter(({ path }) => path.endsWith(".test.ts"))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, i) =>
          /\b(test|it|describe)\.(only|skip|todo)\(/.test(line) ? [`${path}:${i + 1}`] : [],
        ),
    );
  assert.deepEqual(wrong, []);
});

test("errors are told apart by kind, not by what they say", () => {
  const compared = /[!=]== errors\.\w+\.text|(?:error|answer)\.message [!=]==|has\(\w+\.message\)/;
  const wrong = sources.filter(({ path, text }) => path.startsWith("src/") && compared.test(text));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});
