/** A lease that is kept alive while something is done. Copy this file with an example. */

import { call, type KvBindings, KvError } from "./kv.ts";

interface KeptAlive {
  /** Without a TTL the lease is gone; without a result nobody knows. */
  readonly result?: { readonly TTL?: string };
}

/**
 * Does the work with a lease, and revokes it at the end: with it go all keys that hang on it.
 *
 * `lost` aborts once the lease has ended, or may have: from then on somebody else may hold what the
 * keys stood for, and the work must end. It is told by this Worker's clock and may be late (a
 * Worker can be held up at any line), so whatever must not happen twice needs a fence besides.
 */
export async function withLease<T>(
  bindings: KvBindings,
  seconds: number,
  work: (lease: string, lost: AbortSignal) => Promise<T>,
): Promise<T> {
  // Its time begins when the store grants it, and so not before this.
  const askedMs = Date.now();
  // A grant with an unknown outcome leaves a lease that nobody uses, and that ends by itself.
  const granted = await call<{ ID: string; TTL: string }>(bindings, "lease/grant", {
    TTL: seconds,
  });
  const lease = { ID: granted.ID, ms: Number(granted.TTL) * 1_000 };
  const done = new AbortController();
  const lost = new AbortController();
  const renewing = renew(bindings, lease, askedMs, done.signal).then(() => lost.abort());
  try {
    return await work(lease.ID, lost.signal);
  } finally {
    done.abort();
    await renewing;
    await call(bindings, "lease/revoke", { ID: lease.ID }).catch((error: unknown) => {
      const gone = error instanceof KvError && error.status === 404;
      if (!gone) console.warn(`lease ${lease.ID} is left to end by itself: ${error}`);
    });
  }
}

/** Resolves when the lease has ended, may have, or is no longer wanted. */
async function renew(
  bindings: KvBindings,
  lease: { readonly ID: string; readonly ms: number },
  askedMs: number,
  done: AbortSignal,
): Promise<void> {
  let untilMs = askedMs + lease.ms;
  while (!done.aborted) {
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) return;
    // Every third of its time while all is well, and more often the less of it is left.
    await pause(Math.min(lease.ms, leftMs) / 3, done);
    const sentMs = Date.now();
    const inTime = AbortSignal.timeout(Math.max(0, untilMs - sentMs));
    try {
      const signal = AbortSignal.any([done, inTime]);
      const { ID } = lease;
      const { result } = await call<KeptAlive>(bindings, "lease/keepalive", { ID }, signal);
      if (result !== undefined && result.TTL === undefined) return;
      if (result !== undefined) untilMs = sentMs + lease.ms;
    } catch (error) {
      // To renew twice harms nobody, so it is tried until the time is over.
      if (!done.aborted) console.warn(`lease ${lease.ID} was not renewed: ${error}`);
    }
  }
}

/** Resolves after so long, or as soon as the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await scheduler.wait(ms, { signal }).catch(() => undefined);
}
