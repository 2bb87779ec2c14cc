import {
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
} from "../../proto/raftpb.ts";
import { ConfChangeError } from "./errors.ts";

const noContext = new Uint8Array(0);

/** Converts the first form to the second, in which raft handles all changes. */
export function confChangeAsV2(change: ConfChange): ConfChangeV2 {
  const { type, nodeId, context } = change;
  return {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [{ type, nodeId }],
    context,
  };
}

/** The change that leaves a joint configuration. */
export function leaveJointChange(context: Uint8Array = noContext): ConfChangeV2 {
  return {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [],
    context,
  };
}

/**
 * Whether the change uses a joint configuration, and if so whether raft leaves it by itself;
 * undefined for a simple change. Several changes always use one: some sets could do without, but
 * that depends on the configuration.
 */
export function enterJoint(change: ConfChangeV2): { readonly autoLeave: boolean } | undefined {
  const auto = change.transition === ConfChangeTransition.ConfChangeTransitionAuto;
  if (auto && change.changes.length <= 1) return undefined;
  const explicit = ConfChangeTransition.ConfChangeTransitionJointExplicit;
  return { autoLeave: change.transition !== explicit };
}

/** Whether the change leaves a joint configuration: it is empty, apart from its context. */
export function leaveJoint(change: ConfChangeV2): boolean {
  return (
    change.changes.length === 0 &&
    change.transition === ConfChangeTransition.ConfChangeTransitionAuto
  );
}

const letters = {
  [ConfChangeType.ConfChangeAddNode]: "v",
  [ConfChangeType.ConfChangeAddLearnerNode]: "l",
  [ConfChangeType.ConfChangeRemoveNode]: "r",
  [ConfChangeType.ConfChangeUpdateNode]: "u",
} as const;

const typeOf = new Map<string, ConfChangeType>([
  ["v", ConfChangeType.ConfChangeAddNode],
  ["l", ConfChangeType.ConfChangeAddLearnerNode],
  ["r", ConfChangeType.ConfChangeRemoveNode],
  ["u", ConfChangeType.ConfChangeUpdateNode],
]);

/** `v1 l2 r3 u4`: voter, learner, remove, update; `unknown` for an unknown type. */
export function confChangesToText(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${letters[type] ?? "unknown"}${nodeId}`).join(" ");
}

/** Reads what confChangesToText writes. Throws ConfChangeError. */
export function confChangesFromText(text: string): ConfChangeSingle[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  return trimmed.split(" ").map((token) => {
    if (token.length < 2) throw new ConfChangeError(`unknown token ${token}`);
    const type = typeOf.get(token.charAt(0));
    if (type === undefined) throw new ConfChangeError(`unknown input: ${token}`);
    const nodeId = Number(token.slice(1));
    if (!/^\d+$/.test(token.slice(1)) || !Number.isSafeInteger(nodeId)) {
      const what = `parsing "${token.slice(1)}": invalid syntax`;
      throw new ConfChangeError(`strconv.ParseUint: ${what}`);
    }
    return { type, nodeId };
  });
}
