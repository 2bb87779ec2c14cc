/**
 * Generates src/proto/generated/<name>.js and .d.ts from every src/proto/<name>.proto, with pbjs's
 * static target: Workers forbid building functions from strings, so no reflection at run time. The
 * protos of tables.ts become tables in generated/<name>.ts instead.
 *
 *   node scripts/proto/generate.ts              write src/proto/generated
 *   node scripts/proto/generate.ts --check      fail when what is there is stale
 *   node scripts/proto/generate.ts --copy DIR   copy what is there to DIR (for the built package)
 *
 * Every module is complete in itself (a proto that is imported is part of it), has its own root,
 * and reads and writes 64-bit integers as JS numbers; see wire.ts for what makes that safe.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, describedProtos } from "./tables.ts";

const protos = join(import.meta.dirname, "../../src/proto");
const target = join(protos, "generated");

const pbjsOptions = [
  ...["--target", "static-module", "--wrap", "esm", "--dependency", "protobufjs/minimal.js"],
  ...["--force-number", "--no-verify", "--no-convert", "--no-delimited", "--no-typeurl"],
  ...["--no-service", "--no-create", "--dts"],
];

/** Writes the modules of all .proto files into `folder`. */
export function generate(folder: string): void {
  const root = dirname(createRequire(import.meta.url).resolve("protobufjs-cli/package.json"));
  mkdirSync(folder, { recursive: true });
  for (const proto of globSync("*.proto", { cwd: protos }).sort()) {
    const name = basename(proto, ".proto");
    if (describedProtos.includes(name)) {
      writeFileSync(join(folder, `${name}.ts`), describe(protos, name));
      continue;
    }
    const out = join(folder, `${name}.js`);
    const options = [...pbjsOptions, "--root", name, "--path", protos, "--out", out];
    execFileSync(process.execPath, [join(root, "bin/pbjs"), ...options, join(protos, proto)]);
    withoutLong(out);
    withoutLong(join(folder, `${name}.d.ts`));
  }
}

/**
 * With --force-number nothing is a Long, but pbjs still writes zero defaults and an import of it,
 * which would turn an absent field into an object and which a module cannot resolve.
 */
function withoutLong(path: string): void {
  const text = readFileSync(path, "utf8")
    .replaceAll(/\$util\.Long \? \$util\.Long\.fromBits\(0, ?0, ?(true|false)\) : 0/g, "0")
    .replaceAll('import Long = require("long");\n', "");
  if (/\bLong\b/.test(text)) throw new Error(`${path}: pbjs wrote a Long in a form not known here`);
  writeFileSync(path, text);
}

/** Names of the generated files that differ from what the .proto files give now. */
export function staleFiles(): string[] {
  const fresh = mkdtempSync(join(tmpdir(), "durable-raft-proto-"));
  try {
    generate(fresh);
    const names = new Set([...readdirSync(fresh), ...readdirSync(target)]);
    return [...names].filter((name) => read(join(fresh, name)) !== read(join(target, name))).sort();
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function read(path: string): string | undefined {
  return globSync(path).length === 0 ? undefined : readFileSync(path, "utf8");
}

function main(args: readonly string[]): void {
  const [option, folder] = args;
  if (option === undefined) {
    rmSync(target, { recursive: true, force: true });
    generate(target);
  } else if (option === "--check") {
    const stale = staleFiles();
    if (stale.length > 0) {
      throw new Error(`stale: ${stale.join(", ")}; run: npm run proto`);
    }
  } else if (option === "--copy" && folder !== undefined) {
    const compiled = (path: string) => path.endsWith(".ts") && !path.endsWith(".d.ts");
    cpSync(target, folder, { recursive: true, filter: (path) => !compiled(path) });
  } else {
    throw new Error(`unknown arguments: ${args.join(" ")}`);
  }
}

if (import.meta.main) main(process.argv.slice(2));
