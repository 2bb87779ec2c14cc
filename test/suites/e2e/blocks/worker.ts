import { DurableObject } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { BlockTable } from "../../../../src/storage/blocks/block-table.ts";
import { goldenManifest, goldenShape, goldenUnits } from "../../../support/golden-blocks.ts";

interface Environment {
  readonly BLOCKS: DurableObjectNamespace<Blocks>;
}

/** The platform's hash and its SQLite, below the code of blocks. */
export class Blocks extends DurableObject {
  golden() {
    const { sql } = this.ctx.storage;
    const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
    const table = new BlockTable(sql, sha256);
    const units = goldenUnits(table, goldenShape);
    const again = goldenUnits(table, goldenShape);
    const stored = table.list("", 1_000);
    for (const address of stored) table.getVerified(address);
    const manifest = goldenManifest(sql, sha256, 1_000);
    const kept = table.list("", 100_000).length - stored.length;
    return { units, again, stored: stored.length, manifest, kept };
  }
}

export default {
  async fetch(_request: Request, { BLOCKS }: Environment): Promise<Response> {
    return Response.json(await BLOCKS.get(BLOCKS.idFromName("golden")).golden());
  },
};
