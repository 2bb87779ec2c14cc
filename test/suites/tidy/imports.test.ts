/** The architecture as the imports tell it. */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { importsOf, sources } from "./sources.ts";

const own = sources.filter(({ path }) => path.startsWith("src/"));

/** By file, the files that it imports: for types alone as well. */
const imported = new Map(
  own.map(({ path, text }) => {
    const relative = importsOf(text).filter((specifier) => specifier.startsWith("."));
    return [path, relative.map((specifier) => normalize(join(dirname(path), specifier)))];
  }),
);

/** Groups of names that import each other, however far around: each group sorted. */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const reached = (from: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(graph.get(from) ?? [])];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(...(graph.get(name) ?? []));
    }
    return seen;
  };
  const from = new Map([...graph.keys()].map((name) => [name, reached(name)]));
  const groups = new Map<string, string[]>();
  for (const [name, names] of from) {
    if (!names.has(name)) continue;
    const group = [...names].filter((other) => from.get(other)?.has(name)).sort();
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}

test("no files import each other in a circle, types included", () => {
  assert.deepEqual(circles(imported), []);
});

for (const house of ["src/node", "src/kv", "src/api"]) {
  test(`the rooms of ${house} import each other in one direction`, () => {
    const room = (path: string) => dirname(path);
    const isInside = (path: string) => path.startsWith(`${house}/`);
    const rooms = new Map<string, string[]>();
    for (const [path, targets] of imported) {
      if (!isInside(path)) continue;
      const others = targets.filter(isInside).map(room);
      const before = rooms.get(room(path)) ?? [];
      rooms.set(room(path), [...before, ...others.filter((name) => name !== room(path))]);
    }
    assert.notEqual(rooms.size, 0);
    assert.deepEqual(circles(rooms), []);
  });
}

test("no face of the front imports another, and nothing below them imports one", () => {
  const faces = ["gateway", "plain", "admin", "pages"].map((name) => `src/api/${name}/`);
  const faceOf = (path: string) => faces.find((face) => path.startsWith(face));
  const wrong: string[] = [];
  for (const [path, targets] of imported) {
    // The front itself has them all.
    if (!path.startsWith("src/api/") || dirname(path) === "src/api") continue;
    for (const target of targets) {
      const face = faceOf(target);
      if (face !== undefined && face !== faceOf(path)) wrong.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("raft is imported by its index alone", () => {
  const wrong = [...imported].flatMap(([path, targets]) => {
    if (path.startsWith("src/raft/")) return [];
    const inside = targets.filter((target) => target.startsWith("src/raft/"));
    return inside.filter((target) => target !== "src/raft/index.ts").map(() => path);
  });
  assert.deepEqual(wrong, []);
});

/** What only tests use, and why it is there all the same. */
const forTests: Readonly<Record<string, string>> = {};

/** Rooms that no other imports yet: the base is not switched over to blocks. */
const notSwitchedOver = ["src/storage/blocks/", "src/kv/tree/"];

test("nothing is exported that only tests use", () => {
  const declared = /^export (?:async )?(?:function\*?|class|const|let|interface|type) (\w+)/gm;
  // A barrel passes on all that its files export.
  const passedOn = new Set(
    own.flatMap(({ path, text }) =>
      [...text.matchAll(/^export \* from "([^"]+)"/gm)].map(([, specifier = ""]) =>
        normalize(join(dirname(path), specifier)),
      ),
    ),
  );
  const unused: string[] = [];
  for (const { path, text } of own) {
    if (passedOn.has(path) || notSwitchedOver.some((room) => path.startsWith(room))) continue;
    for (const [, name = ""] of text.matchAll(declared)) {
      const word = new RegExp(`\\b${name}\\b`, "g");
      const here = [...text.matchAll(word)].length;
      const elsewhere = own.some((other) => other.path !== path && other.text.match(word));
      if (here === 1 && !elsewhere && forTests[`${path} ${name}`] === undefined) {
        unused.push(`${path} ${name}`);
      }
    }
  }
  assert.deepEqual(unused, []);
});
