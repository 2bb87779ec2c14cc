import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Action, methodsOf, type Route } from "../../../src/api/http/route.ts";
import { routes, table } from "../../../src/api/routes.ts";

const root = join(import.meta.dirname, "../../..");
const page = (name: string): string => readFileSync(join(root, name), "utf8");

/** As people write it: `/kv/<key>`. */
const written = (path: string): string => path.replaceAll(/\{(\w+)(?:\.\.\.)?\}/g, "<$1>");
const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function parametersOf({ parameters }: Omit<Action, "events">): string {
  if (parameters === "unread") return "not read";
  const { once, many = [] } = parameters;
  return quoted([...once, ...many.map((name) => `${name}*`)]) || "none";
}

/** The rows of the page that are about a route: methods that take the same are in one. */
function rowsOf(route: Route): readonly string[] {
  const groups = new Map<string, string[]>();
  const row = (methods: string, parameters: string) =>
    `| ${methods} | \`${written(route.path)}\` | ${route.access} | ${parameters} |`;
  for (const [method, action] of Object.entries(route.methods)) {
    const parameters = parametersOf(action);
    groups.set(parameters, [...(groups.get(parameters) ?? []), method]);
  }
  const rows = [...groups].map(([parameters, methods]) => row(quoted(methods), parameters));
  const events = Object.entries(route.methods).flatMap(([method, { events: action }]) =>
    action === undefined ? [] : [row(`\`${method}\` for events`, parametersOf(action))],
  );
  return [...rows, ...events];
}

test("docs/api.md lists the routes, who may ask there, and with which parameters", () => {
  const [, tables = ""] = page("docs/api.md").split("## Every endpoint");
  const listed = tables.split("\n").filter((line) => /^\| `[A-Z]/.test(line));
  assert.deepEqual(listed.sort(), table.flatMap(rowsOf).sort());
});

test("what pages tell to ask is routed", () => {
  const told = /\b(GET|HEAD|POST|PUT|DELETE)`?\s+`?(\/[\w/<>-]*)/g;
  let count = 0;
  for (const name of ["README.md", "docs/api.md", "docs/operating.md", "docs/users.md"]) {
    for (const [, method = "", path = ""] of page(name).matchAll(told)) {
      count += 1;
      assert.ok(methodsOf(routes.find(path).route).includes(method), `${name}: ${method} ${path}`);
    }
  }
  assert.ok(count > 20, `${count} are told of`);
});

test("every route is found by its path, and by a slash behind it where it says so", () => {
  for (const route of table) {
    const path = written(route.path).replaceAll(/[<>]/g, "");
    assert.equal(routes.find(path).route, route, path);
    const slashed = routes.find(`${path}/`).route;
    assert.equal(slashed === route, route.slashed === true || route.path.endsWith("...}"), path);
  }
});

test("names in a path are what stands there, as it came", () => {
  assert.deepEqual({ ...routes.find("/kv/a%2F/b\n").parts }, { key: "a%2F/b\n" });
  assert.deepEqual({ ...routes.find("/cluster/members/7/promote").parts }, { id: "7" });
  for (const nowhere of ["/", "/kvx", "/cluster/members/7/x", "/Health", "/healthx", "/v3x"]) {
    assert.deepEqual(methodsOf(routes.find(nowhere).route), [], nowhere);
  }
});

test("strangers are answered at these paths alone", () => {
  const open = table.filter(({ access }) => access === "open").map(({ path }) => written(path));
  assert.deepEqual(open, [
    "/v3/auth/authenticate",
    "/version",
    "/health",
    "/livez",
    "/livez/<check>",
    "/readyz",
    "/readyz/<check>",
  ]);
});
