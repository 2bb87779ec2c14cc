import type { Request } from "../../proto/generated/kv.ts";
import { errors, KvError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Leases } from "../tables.ts";
import { everything } from "../txn/check.ts";
import type { Applier } from "./applier.ts";

/**
 * Units of work from which on a request is heavy: its turn takes long, and memory notices. So much
 * is spent on finding it out, and a thousand that are not fit into a turn.
 */
export const heavyWork = 10_000_000;

/**
 * Whether a request that is not applied yet may do very much, as the state is now. Throws KvError
 * where it would be refused for it, if it were applied now and all limits held.
 */
export function isHeavy(
  request: Request,
  applier: Applier,
  leases: Leases,
  limits: Limits,
): boolean {
  const { leaseRevoke } = request;
  if (leaseRevoke) return leases.loadOf(leaseRevoke.ID).work > heavyWork;
  if (isWithin(request, applier, heavyWork)) return false;
  const allowed = applier.bounded || isWithin(request, applier, limits.maxWork);
  if (!allowed) throw new KvError(errors.tooMuchWork);
  return true;
}

function isWithin(request: Request, applier: Applier, budget: number): boolean {
  if (!looksAtMuch(request)) return true;
  try {
    applier.rehearse(request, budget);
    return true;
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    if (error.kind === errors.tooMuchWork) return false;
    // Whatever else is wrong with it is found out when it is applied.
    return true;
  }
}

/** So many operations on single keys are never heavy. */
const fewOperations = 512;

function looksAtMuch({ deleteRange, txn }: Request): boolean {
  if (deleteRange) return deleteRange.rangeEnd.length > 0;
  if (txn === undefined) return false;
  let operations = 0;
  for (const { compare, op } of everything(txn)) {
    operations += 1;
    const range = compare ?? op?.requestRange ?? op?.requestDeleteRange;
    if (operations > fewOperations || (range?.rangeEnd.length ?? 0) > 0) return true;
  }
  return false;
}
