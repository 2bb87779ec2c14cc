import type { Applied, StateMachine } from "../../kv/state-machine.ts";
import { decodeConfChange, decodeConfChangeV2 } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import { type ConfChangeV2, type ConfState, type Entry, EntryType } from "../../proto/raftpb.ts";
import { confChangeAsV2, type RawNode } from "../../raft/index.ts";

/** What became of a proposal. */
export type Outcome =
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

export interface ApplyParts {
  readonly node: RawNode;
  readonly machine: StateMachine;
  /** Answers the client of the entry. True where one waited. */
  answer(entry: Entry, outcome: () => Outcome): boolean;
  /** After each entry, before the next: watches, and whoever waits for an index. */
  applied(applied: Applied): void;
  reconfigured(confState: ConfState): void;
}

/** Applies one committed entry to raft's configuration and the state machine, and answers. */
export function applyEntry(parts: ApplyParts, entry: Entry): boolean {
  const { machine } = parts;
  if (entry.index !== machine.appliedIndex + 1) {
    throw new Error(`entry ${entry.index} follows applied index ${machine.appliedIndex}`);
  }
  switch (entry.type) {
    case EntryType.EntryNormal:
      return applyNormal(parts, entry);
    case EntryType.EntryConfChange:
    case EntryType.EntryConfChangeV2:
      return reconfigure(parts, entry, changeIn(entry));
    default:
      throw new CannotApplyError(`entry ${entry.index} has the unknown type ${entry.type}`);
  }
}

function applyNormal(parts: ApplyParts, entry: Entry): boolean {
  const { machine } = parts;
  const { index, term, data } = entry;
  if (data.length === 0) {
    machine.applyEmpty(index, term);
    return parts.answer(entry, () => ({ kind: "refused" }));
  }
  const applied = machine.apply({ index, term, data });
  parts.applied(applied);
  return parts.answer(entry, () => ({ kind: "applied", applied }));
}

/** The change of a committed entry. Newer code may know kinds of changes that this one does not. */
function changeIn({ index, type, data }: Entry): ConfChangeV2 {
  try {
    if (type === EntryType.EntryConfChangeV2) return decodeConfChangeV2(data);
    return confChangeAsV2(decodeConfChange(data));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const what = `entry ${index} changes the configuration in a way not known here`;
    throw new CannotApplyError(`${what}: ${error.message}`);
  }
}

function reconfigure(parts: ApplyParts, entry: Entry, change: ConfChangeV2): boolean {
  const { index, term } = entry;
  const confState = parts.node.applyConfChange(change);
  parts.machine.applyConfChange(index, term, change, confState);
  parts.reconfigured(confState);
  return parts.answer(entry, () => ({ kind: "reconfigured" }));
}
