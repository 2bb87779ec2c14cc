/** A job that only one may do at a time: a lock, and a fence against who lost it unawares. */

import { DurableObject } from "cloudflare:workers";
import { base64, call, isPassing, type KvBindings } from "../../kv.ts";
import { withLease } from "../../lease.ts";

interface Bindings extends KvBindings {
  readonly LEDGER: DurableObjectNamespace<Ledger>;
}

/** How long the lock outlives a holder that died. */
const leaseSeconds = 10;
/** How long a request waits for its turn. */
const waitMs = 20_000;
const againMs = 500;
const stepMs = 100;

interface Found {
  readonly kvs?: readonly { readonly create_revision: string }[];
}

/** The lock was lost under way: what was written stays, and somebody else may go on. */
class LockLostError extends Error {}

/**
 * What the lock protects. It remembers the newest fencing token that it has seen and refuses older
 * ones: a holder that was held up, and writes after the next one has, changes nothing. So a
 * job's first write should come early.
 */
export class Ledger extends DurableObject {
  readonly #sql = this.ctx.storage.sql;

  constructor(state: DurableObjectState, bindings: Bindings) {
    super(state, bindings);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS lines (token INTEGER NOT NULL, text TEXT NOT NULL)");
  }

  /** False where a newer holder has written already. */
  append(token: number, text: string): boolean {
    const newer = this.#sql.exec("SELECT 1 FROM lines WHERE token > ? LIMIT 1", token).toArray();
    if (newer.length > 0) return false;
    this.#sql.exec("INSERT INTO lines VALUES (?, ?)", token, text);
    return true;
  }

  lines(): Record<string, SqlStorageValue>[] {
    return this.#sql.exec("SELECT token, text FROM lines ORDER BY rowid").toArray();
  }
}

/**
 * Waits for the lock, and returns its fencing token: the revision at which the holder's key was
 * made. Of two holders the later one has the larger token, since locks are given by age of the key.
 */
async function lock(
  bindings: Bindings,
  name: string,
  lease: string,
  signal: AbortSignal,
): Promise<number> {
  const wanted = { name: base64(name), lease };
  const { key } = await call<{ key: string }>(bindings, "lock/lock", wanted, signal);
  const { kvs } = await call<Found>(bindings, "kv/range", { key }, signal);
  // The lease may have ended while the answer was on its way, and the key with it.
  if (kvs?.[0] === undefined) throw new Error("the lock was lost as it was taken");
  return Number(kvs[0].create_revision);
}

/** Does the work while nobody else does work under that name. */
async function exclusively<T>(
  bindings: Bindings,
  name: string,
  work: (token: number, lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = AbortSignal.timeout(waitMs);
  for (;;) {
    let begun = false;
    try {
      return await withLease(bindings, leaseSeconds, async (lease, lost) => {
        const token = await lock(bindings, name, lease, AbortSignal.any([lost, patience]));
        begun = true;
        return await work(token, lost);
      });
    } catch (error) {
      // Whether an attempt that failed had the lock, or a place in its queue, is not known; with
      // its lease both are gone. So another is made, but never once work has begun.
      if (begun || patience.aborted || !isPassing(error)) throw error;
      await scheduler.wait(againMs);
    }
  }
}

/** A job of some steps. */
async function job(
  ledger: DurableObjectStub<Ledger>,
  steps: number,
  token: number,
  lost: AbortSignal,
): Promise<void> {
  for (let step = 1; step <= steps; step += 1) {
    if (lost.aborted) throw new LockLostError("the lease has ended");
    const written = await ledger.append(token, `${step} of ${steps}`);
    if (!written) throw new LockLostError(`${token} is no longer the newest token`);
    await scheduler.wait(stepMs);
  }
}

async function run(
  bindings: Bindings,
  name: string,
  ledger: DurableObjectStub<Ledger>,
  steps: number,
): Promise<Response> {
  try {
    return await exclusively(bindings, `lock/${name}`, async (token, lost) => {
      await job(ledger, steps, token, lost);
      return Response.json({ token });
    });
  } catch (error) {
    if (error instanceof LockLostError) {
      return Response.json({ error: `lost the lock: ${error.message}` }, { status: 409 });
    }
    const headers = { "retry-after": "5" };
    return Response.json({ error: String(error) }, { status: 503, headers });
  }
}

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const url = new URL(request.url);
    const [, name] = /^\/jobs\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (name === undefined) return new Response("POST or GET /jobs/<name>\n", { status: 404 });
    const ledger = bindings.LEDGER.getByName(name);
    if (request.method !== "POST") return Response.json(await ledger.lines());
    const steps = Number(url.searchParams.get("steps") ?? 10);
    const running = run(bindings, name, ledger, steps);
    // Who asked may go away: then the platform gives the job 30 seconds.
    context.waitUntil(running);
    return running;
  },
} satisfies ExportedHandler<Bindings>;
