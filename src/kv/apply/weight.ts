import { errors, KvError } from "../../etcd/errors.ts";
import type { Request } from "../../proto/generated/kv.ts";
import type { Lessor } from "../lease/lessor.ts";
import { everything } from "../txn/check.ts";
import type { Limits } from "../work/limits.ts";
import type { Applier, Copied } from "./applier.ts";

/**
 * Units of work from which on a request is heavy: its turn takes long, and memory notices. So much
 * is spent on finding it out, and a thousand that are not fit into a turn.
 */
export const heavyWork = 10_000_000;

/** What a request that is not applied yet may do, as the state is now. */
export interface Weight extends Copied {
  /** Whether only one of its kind should be under way: then what it copies is not counted. */
  readonly heavy: boolean;
}

export const light: Weight = { heavy: false, keptBytes: 0, toldBytes: 0 };
const heavy: Weight = { ...light, heavy: true };

/** Throws KvError where it would be refused for it, if it were applied now and all limits held. */
export function weigh(request: Request, applier: Applier, leases: Lessor, limits: Limits): Weight {
  const { leaseRevoke } = request;
  if (leaseRevoke) return leases.loadOf(leaseRevoke.ID).work > heavyWork ? heavy : light;
  if (!looksAtMuch(request)) return light;
  const copied = copiedWithin(request, applier, heavyWork);
  if (copied !== undefined) return { ...light, ...copied };
  const allowed = applier.holdsAll || copiedWithin(request, applier, limits.maxWork) !== undefined;
  if (!allowed) throw new KvError(errors.tooMuchWork);
  return heavy;
}

/** Undefined where the budget does not do. */
function copiedWithin(request: Request, applier: Applier, budget: number): Copied | undefined {
  try {
    return applier.rehearse(request, budget);
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    // Whatever else is wrong with it is found out when it is applied.
    return error.kind === errors.tooMuchWork ? undefined : light;
  }
}

/** So many that look at no more than one value each are never heavy, however large it is. */
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
