import type { FrontParts } from "../api/front.ts";

/** A front's time and chance, where the platform's own are to be had. */
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
