import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { golden } from "../../support/golden-blocks.ts";

test("the runtime of production makes the blocks and the manifest that Node makes", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "blocks/worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: ["node:crypto", "cloudflare:workers"],
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-10-20",
      compatibilityFlags: ["nodejs_compat"],
      durableObjects: { BLOCKS: { className: "Blocks", useSQLite: true } },
    }),
  );
  try {
    const response = await miniflare.dispatchFetch("http://worker/");
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const { units, again, stored, manifest, kept } = JSON.parse(text) as {
      readonly units: string[];
      readonly again: string[];
      readonly stored: number;
      readonly manifest: string;
      readonly kept: number;
    };
    assert.deepEqual(units, golden.units);
    assert.deepEqual(again, golden.units);
    // Eight blocks of data in two units.
    assert.ok(stored > 5 && stored < 12, `${stored} blocks`);
    assert.equal(manifest, golden.manifest);
    assert.ok(kept > 50, `${kept} blocks`);
  } finally {
    await miniflare.dispose();
  }
});
