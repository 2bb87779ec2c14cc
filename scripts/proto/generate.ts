/**
 * Generates from src/proto/*.proto the tables of message.ts, src/proto/generated/<name>.ts, and for
 * the tests, which hold the codecs against it, protobufjs' static code,
 * test/support/generated/<name>.js and .d.ts.
 *
 *   node scripts/proto/generate.ts           write both
 *   node scripts/proto/generate.ts --check   fail when what is there is stale
 *
 * Every module of static code is complete in itself (a proto that is imported is part of it), has
 * its own root, and reads and writes 64-bit integers as JS numbers; see test/support/protobufjs.ts
 * for what makes that safe.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, describedProtos } from "./tables.ts";

const root = join(import.meta.dirname, "../..");
const protos = join(root, "src/proto");
const targets = ["src/proto/generated", "test/support/generated"] as const;
const [tables, statics] = targets;

/** Of these all messages are numbers, bytes and texts that static code reads exactly. */
const staticProtos = ["frame", "raft", "rpc", "snap", "wal"];

const pbjsOptions = [
  ...["--target", "static-module", "--wrap", "esm", "--dependency", "protobufjs/minimal.js"],
  ...["--force-number", "--no-verify", "--no-convert", "--no-delimited", "--no-typeurl"],
  ...["--no-service", "--no-create", "--dts"],
];

/** Writes all modules, in their places below `folder`. */
function generate(folder: string): void {
  for (const target of targets) {
    rmSync(join(folder, target), { recursive: true, force: true });
    mkdirSync(join(folder, target), { recursive: true });
  }
  for (const name of Object.keys(describedProtos)) {
    writeFileSync(join(folder, tables, `${name}.ts`), describe(protos, name));
  }
  const cli = dirname(createRequire(import.meta.url).resolve("protobufjs-cli/package.json"));
  for (const name of staticProtos) {
    const out = join(folder, statics, `${name}.js`);
    const options = [...pbjsOptions, "--root", name, "--path", protos, "--out", out];
    const proto = join(protos, `${name}.proto`);
    execFileSync(process.execPath, [join(cli, "bin/pbjs"), ...options, proto]);
    withoutLong(out);
    withoutLong(join(folder, statics, `${name}.d.ts`));
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

/** Paths of the generated files that differ from what the .proto files give now. */
export function staleFiles(): string[] {
  const fresh = mkdtempSync(join(tmpdir(), "durable-raft-proto-"));
  try {
    generate(fresh);
    const paths = new Set([...generatedIn(fresh), ...generatedIn(root)]);
    return [...paths].filter((path) => read(join(fresh, path)) !== read(join(root, path))).sort();
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function generatedIn(folder: string): string[] {
  return targets.flatMap((target) =>
    readdirSync(join(folder, target)).map((name) => `${target}/${name}`),
  );
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function main(args: readonly string[]): void {
  const [option] = args;
  if (option === undefined) {
    generate(root);
  } else if (option === "--check") {
    const stale = staleFiles();
    if (stale.length > 0) {
      throw new Error(`stale: ${stale.join(", ")}; run: npm run proto`);
    }
  } else {
    throw new Error(`unknown arguments: ${args.join(" ")}`);
  }
}

if (import.meta.main) main(process.argv.slice(2));
