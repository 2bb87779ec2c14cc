import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../../..");

/**
 * Bundles the Worker with its test entrance, as `npm run bundle` bundles the deployed one. Returns
 * the bundle's path.
 */
export async function bundleWithFaults(): Promise<string> {
  const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  const entry = join(import.meta.dirname, "worker.ts");
  const outdir = join(root, "dist/faults");
  const flags = ["deploy", entry, "--dry-run", "--outdir", outdir];
  const config = ["--config", join(root, "wrangler.toml")];
  await promisify(execFile)(
    process.execPath,
    [join(wrangler, "bin/wrangler.js"), ...flags, ...config],
    { cwd: root },
  );
  return join(outdir, "worker.js");
}
