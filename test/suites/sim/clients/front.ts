import type { Consistency } from "../../../../src/rpc/messages.ts";

/**
 * failed: definitely without effect. unknown: may take effect at any time, once, or never.
 */
export type Outcome =
  | {
      readonly kind: "ok";
      /** kvpb.Response. */
      readonly response: Uint8Array;
      /** The instance that answered, such as "m2.3". */
      readonly by: string;
    }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "unknown" };

export type Done = (outcome: Outcome) => void;

export interface Read {
  /** kvpb.Query. */
  readonly query: Uint8Array;
  readonly consistency: Consistency;
  /** Who is asked; undefined: whoever is thought to lead. */
  readonly member?: number | undefined;
}

/** How one client's operations get to the cluster, whatever goes wrong on the way. */
export interface Front {
  /** Whether a request that is sent again is known by its id. */
  readonly knowsAgain: boolean;
  /** The newest applied index that an answer told. */
  readonly seenIndex: number;
  /** The newest revision that an answer told. */
  readonly revision: number;
  /** A write: an encoded kvpb.Request. `done` is called once, at the latest after `timeoutUs`. */
  propose(request: Uint8Array, timeoutUs: number, done: Done): void;
  /** A read, told of likewise. */
  query(read: Read, timeoutUs: number, done: Done): void;
}
