import type { FrontParts } from "../api/front.ts";

/** A front's clock and randomness, from the platform. */
export const platform: Pick<FrontParts, "clock" | "random"> = {
  clock: {
    now: () => Date.now(),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
