/**
 * Keeps silent streams alive by something that readers ignore: only a write shows the platform that
 * a client has gone, and the platform ends a request that waits for nothing.
 */
import type { Clock } from "../base/clock.ts";

/**
 * How soon a gone client is noticed; an error that comes later is a line of the stream, not a
 * status.
 */
export const pulseMs = 15_000;

/** What ends each text of a stream, and what is sent instead of one. */
export interface Manner {
  readonly end: string;
  readonly pulse: string;
}

/** A JSON value a line. */
const lines: Manner = { end: "\n", pulse: " " };

/** The texts, each with its end, and a pulse after every 15 seconds of silence. */
export function pulsing(
  source: AsyncIterable<string>,
  clock: Clock,
  { end, pulse }: Manner = lines,
): AsyncIterator<string> {
  const texts = source[Symbol.asyncIterator]();
  let coming: Promise<IteratorResult<string>> | undefined;
  const next = async (): Promise<IteratorResult<string>> => {
    coming ??= texts.next();
    const { promise: silence, resolve } = Promise.withResolvers<undefined>();
    const cancel = clock.after(pulseMs, () => resolve(undefined));
    try {
      const text = await Promise.race([coming, silence]);
      if (text === undefined) return { done: false, value: pulse };
      coming = undefined;
      return text.done === true ? text : { done: false, value: `${text.value}${end}` };
    } finally {
      cancel();
    }
  };
  return {
    next,
    async return() {
      await texts.return?.();
      return { done: true, value: undefined };
    },
  };
}
