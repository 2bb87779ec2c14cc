/**
 * A stream that is silent for long says something now and then that no reader minds: the platform
 * tells only of a client that is written to whether it is still there, and lets no client wait with
 * nothing pending.
 */
import type { Clock } from "../base/clock.ts";

/** Who has gone is noticed so soon; an error that comes later than this is a line of the stream. */
export const pulseMs = 15_000;

/** How a stream's texts end, and what it says in place of one. */
export interface Manner {
  readonly end: string;
  readonly pulse: string;
}

/** JSON, a value a line. */
const lines: Manner = { end: "\n", pulse: " " };

/** The same texts, each with its end, and a pulse for every 15 seconds of silence. */
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
