import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./all.ts";
import { mutate } from "./mutant.ts";
import { controls } from "./variants.ts";

const root = join(import.meta.dirname, "../../../..");
const name = process.env.SIM_MUTANT ?? "";
const mutant = [...mutants, ...controls].find((candidate) => candidate.name === name);
if (mutant === undefined) throw new RangeError(`no mutant ${name}`);

/** Loaded with `node --import`: the files of one mutant are changed as they are read. */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith("file:")) return loaded;
    const path = fileURLToPath(url);
    const file = path.slice(root.length + 1);
    if (!mutant.edits.some((edit) => edit.file === file)) return loaded;
    const source = mutate(file, new TextDecoder().decode(loaded.source as Uint8Array), mutant);
    return { ...loaded, source };
  },
});
