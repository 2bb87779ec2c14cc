import { once } from "node:events";
import { createServer } from "node:net";
import type { Prng } from "../../sim/world/random.ts";

/** Below those that the system gives to whoever does not care. */
const [lowest, highest] = [12_000, 30_000] as const;

/** So many ports of this machine that nobody listens at. */
export async function freePorts(count: number, random: Prng): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = random.between(lowest, highest);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const failed = once(server, "error").then(() => false);
  const listening = once(server, "listening").then(() => true);
  server.listen(port, "127.0.0.1");
  const free = await Promise.race([failed, listening]);
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
