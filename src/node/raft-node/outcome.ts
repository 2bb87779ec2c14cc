import type { Applied } from "../../kv/state-machine.ts";

/** The end of a proposal. */
export type ProposalOutcome =
  | { readonly kind: "applied"; readonly applied: Applied }
  | { readonly kind: "reconfigured" }
  /** Raft refused a configuration change, and put an empty entry in its place. */
  | { readonly kind: "refused" };

/**
 * This code does not know an entry, or cannot apply it as the others do. The member stops, since it
 * would diverge from them.
 */
export class CannotApplyError extends Error {
  override readonly name = "CannotApplyError";
}
