import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/raft.md"), "utf8");
const example = /```js\n(import [\s\S]*?)```\n\nprints `([^`]+)`/.exec(page);
const code = example?.[1] ?? "";
const printed = example?.[2] ?? "";

/** The example with the package built in, for runtimes that resolve nothing themselves. */
async function bundled(source: string): Promise<string> {
  assert.ok(existsSync(join(root, "dist/lib/raft/index.js")), "run `npm run build` first");
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  return outputFiles[0]?.text ?? "";
}

test("docs/raft.md has the example of the core alone", () => {
  assert.notEqual(code, "");
  assert.notEqual(printed, "");
});

test("the core alone runs in Node", async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
  });
  assert.equal(stdout.trim(), printed);
});

test("the core alone is bundled for a browser without a Node built-in", async () => {
  const bundle = await bundled(code);
  assert.doesNotMatch(bundle, /from "node:|require\("/);
});

test("the core alone runs in a Worker", async () => {
  const answer = code.replace("console.log(", "const said = (").concat(`
export default { fetch: () => new Response(said) };`);
  const script = await bundled(answer);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script, compatibilityDate: "2026-10-20" }),
  );
  try {
    const response = await miniflare.dispatchFetch("http://worker/");
    assert.equal(await response.text(), printed);
  } finally {
    await miniflare.dispose();
  }
});
