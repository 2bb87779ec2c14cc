import { attacks } from "./attacks/index.ts";
import { bounds } from "./bounds.ts";
import { optionsOf, usage } from "./options.ts";
import { runAll } from "./run.ts";

/** Returns the exit status. */
async function main(): Promise<number> {
  const { what, only, part } = optionsOf(process.argv.slice(2), attacks);
  if (what === "help") {
    console.log(usage);
    return 0;
  }
  if (what === "list") {
    for (const { id, name, what: does } of attacks) console.log(`${id} ${name}: ${does}`);
    return 0;
  }
  return runAll(attacks, { only, part }, bounds, (line) => console.log(line));
}

// The platform ends an isolate that holds 128 MB. The Worker and three members share one here, and
// its heap has a bound as well: without one V8 leaves garbage where it is while there is memory.
process.env.MINIFLARE_WORKERD_V8_FLAGS ??= "--max-heap-size=256";
// Each cluster has a folder that goes when this process does.
process.setMaxListeners(100);
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exit(await main());
