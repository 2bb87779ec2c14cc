import { errors, KvError } from "../../etcd/errors.ts";
import type { Request } from "../../proto/generated/kv.ts";
import type { Lessor } from "../lease/lessor.ts";
import { everything } from "../txn/check.ts";
import type { Limits } from "../work/limits.ts";
import type { Applier, Copied } from "./applier.ts";

/**
 * Units of work from which on a request is heavy: its turn takes long and much memory. Finding out
 * costs up to as much, and a turn has no room for a thousand requests that are just below it.
 */
export const heavyWork = 10_000_000;

/** What a request may cost if it were applied now. */
export interface Weight extends Copied {
  /** Whether it must not run beside another heavy one; its copied bytes are then not counted. */
  readonly heavy: boolean;
}

export const light: Weight = { heavy: false, keptBytes: 0, answerBytes: 0 };
const heavy: Weight = { ...light, heavy: true };

/**
 * Throws KvError where the request would be refused if it were applied now and all limits held;
 * with `heavyWaits` not of a heavy one, which is weighed again later.
 */
export function weigh(
  request: Request,
  applier: Applier,
  leases: Lessor,
  limits: Limits,
  heavyWaits: boolean,
): Weight {
  const { leaseRevoke } = request;
  if (leaseRevoke) return leases.loadOf(leaseRevoke.ID).work > heavyWork ? heavy : light;
  if (!looksAtMuch(request)) return light;
  const copied = copiedWithin(request, applier, heavyWork);
  if (copied !== undefined) return { ...light, ...copied };
  if (heavyWaits) return heavy;
  const allowed = applier.holdsAll || copiedWithin(request, applier, limits.maxWork) !== undefined;
  if (!allowed) throw new KvError(errors.tooMuchWork);
  return heavy;
}

/** The copied bytes, or undefined where the work exceeds the budget. */
function copiedWithin(request: Request, applier: Applier, budget: number): Copied | undefined {
  try {
    return applier.rehearse(request, budget);
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    // Other errors are reported when the request is applied.
    return error.kind === errors.tooMuchWork ? undefined : light;
  }
}

/** A request of so few operations is never heavy if each looks at one value at most. */
const fewOperations = 2;

function looksAtMuch({ put, deleteRange, txn }: Request): boolean {
  if (put) return put.ignoreValue || put.prevKv;
  if (deleteRange) return deleteRange.prevKv || deleteRange.rangeEnd.length > 0;
  if (txn === undefined) return false;
  let operations = 0;
  for (const { compare, op } of everything(txn)) {
    operations += 1;
    const { requestPut: own, requestDeleteRange: deletes } = op ?? {};
    const range = compare ?? op?.requestRange ?? deletes;
    const copies = op?.requestRange ?? (own?.ignoreValue || own?.prevKv || deletes?.prevKv);
    if (operations > fewOperations || copies || (range?.rangeEnd.length ?? 0) > 0) return true;
  }
  return false;
}
