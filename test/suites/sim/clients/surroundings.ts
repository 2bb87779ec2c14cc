import type { Prng } from "../world/random.ts";
import type { Front } from "./front.ts";

/** What clients need of the place where they live: a simulated world, or the real one. */
export interface Surroundings {
  readonly scheduler: {
    /** Whole microseconds of one clock, which never goes back. */
    readonly nowUs: number;
    after(delayUs: number, run: () => void): { cancel(): void };
  };
  readonly random: Prng;
  /** Of the first member that told one. */
  clusterId: bigint | undefined;
  say(who: string, what: string): void;
  violation(check: string, message: string): void;
}

/** The ways from clients to members. */
export interface Ways {
  /** @param name tells clients of one place apart. */
  front(place: string, name: string): Front;
  watch(place: string, member: number, receiver: StreamReceiver): WatchStream;
}

export interface StreamReceiver {
  /** One encoded WatchResponse. */
  response(bytes: Uint8Array): void;
  /** At most once, and nothing after it. */
  closed(reason: string): void;
}

/** A client's watch stream to one member. */
export interface WatchStream {
  /** Opens the stream with its first request, an encoded WatchRequest. */
  open(first: Uint8Array): void;
  /** The client goes away, and hears nothing more. */
  close(): void;
}
