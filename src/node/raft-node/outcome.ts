import type { Applied } from "../../kv/state-machine.ts";

/** What became of a proposal. */
export type ProposalOutcome =
  | { readonly kind: "applied"; readonly applied: Applied }
  | { readonly kind: "reconfigured" }
  /** Raft put an empty entry in the place of a configuration change that it refused. */
  | { readonly kind: "refused" };

/**
 * This code does not know what an entry means, or cannot apply it as the others do. The member
 * stops: to go on would be to differ from them.
 */
export class CannotApplyError extends Error {
  override readonly name = "CannotApplyError";
}
