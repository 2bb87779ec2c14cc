/** The packed package in somebody else's project: the Worker that docs/operating.md shows. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Runtime, temporaryFolder } from "../../support/runtime.ts";

const root = join(import.meta.dirname, "../../..");
const run = promisify(execFile);
const page = readFileSync(join(root, "docs/operating.md"), "utf8");
const section = /^## In a Worker of your own\n(.*?)^## /ms.exec(page)?.[1] ?? "";
const blockOf = (language: string) =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(section)?.[1] ?? "";

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const folder = temporaryFolder();
const modules = join(folder, "node_modules");
let packed: Packed;

/** As npm installs it, but for what a registry would bring: that is linked from here. */
async function install(): Promise<void> {
  assert.ok(existsSync(join(root, "dist/lib/index.js")), "run `npm run build` first");
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: root });
  [packed] = JSON.parse(stdout) as [Packed];
  const own = join(modules, "durable-raft");
  mkdirSync(own, { recursive: true });
  await run("tar", ["-xzf", join(folder, packed.filename), "--strip-components=1", "-C", own]);
  const { dependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  mkdirSync(join(modules, "@cloudflare"));
  for (const name of [...Object.keys(dependencies), "@cloudflare/workers-types"]) {
    symlinkSync(join(root, "node_modules", name), join(modules, name), "dir");
  }
}

function writeProject(): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  writeFileSync(join(folder, "worker.ts"), blockOf("ts"));
  writeFileSync(join(folder, "wrangler.toml"), blockOf("toml"));
  writeFileSync(join(folder, "wrong.ts"), wrong);
}

/** The project's types, of one of its files. Rejects where the compiler finds fault. */
async function checkTypes(file: string): Promise<void> {
  const compilerOptions = {
    ...{ target: "es2024", lib: ["es2024", "esnext.disposable"], module: "esnext" },
    ...{ moduleResolution: "bundler", strict: true, noEmit: true, skipLibCheck: false },
    types: ["@cloudflare/workers-types"],
  };
  const project = join(folder, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ compilerOptions, include: [file] }));
  await run(join(root, "node_modules/.bin/tsc"), ["-p", project]);
}

/** Bindings without the members: the types must notice. */
const wrong = `import { type Bindings } from "durable-raft";
export const bindings: Bindings = { MEMBERS: "3" };
`;

before(
  async () => {
    await install();
    writeProject();
  },
  { timeout: 60_000 },
);

test("the package has what its exports name, and no bundle of a test", () => {
  const paths = packed.files.map(({ path }) => path);
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  const named = Object.values(exports).flatMap((ways) => Object.values(ways));
  assert.ok(named.length >= 4, `${named.length} files are named`);
  for (const path of named) assert.ok(paths.includes(path.replace("./", "")), path);
  const foreign = paths.filter((path) => /^(?:test\/|dist\/(?!lib\/))/.test(path));
  assert.deepEqual(foreign, []);
});

test("its types are whole, with nothing skipped", { timeout: 60_000 }, async () => {
  await checkTypes("worker.ts");
  await assert.rejects(checkTypes("wrong.ts"), ({ stdout }: { stdout: string }) => {
    assert.match(stdout, /wrong\.ts\(2,[\s\S]*Property 'MEMBER' is missing/);
    return true;
  });
});

let runtime: Runtime | undefined;
after(() => runtime?.kill());

test("a Worker with it is bundled, and serves a cluster", { timeout: 120_000 }, async () => {
  const wrangler = join(root, "node_modules/.bin/wrangler");
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
  await run(wrangler, ["deploy", "--dry-run", "--outdir", "out"], { cwd: folder, env });
  runtime = await Runtime.start({
    bundlePath: join(folder, "out/worker.js"),
    configPath: join(folder, "wrangler.toml"),
  });
  const { url } = runtime;
  const put = await fetch(`${url}/kv/greeting`, { method: "PUT", body: "hello" });
  assert.equal(put.status, 200, await put.text());
  const got = await fetch(`${url}/kv/greeting`);
  assert.equal(await got.text(), "hello");
  assert.equal(await (await fetch(`${url}/`)).text(), "a page of my own");
});
