import { ConfChangeTransition, noBytes } from "../../../../src/proto/raftpb.ts";
import { confChangesFromText } from "../../../../src/raft/confchange/v2.ts";
import { type Argument, bool, ScriptError } from "../datadriven/line.ts";
import { numberAt, pairs } from "./arguments.ts";
import type { Environment } from "./environment.ts";
import { CommandError } from "./errors.ts";

const transitions = new Map<string, ConfChangeTransition>([
  ["auto", ConfChangeTransition.ConfChangeTransitionAuto],
  ["implicit", ConfChangeTransition.ConfChangeTransitionJointImplicit],
  ["explicit", ConfChangeTransition.ConfChangeTransitionJointExplicit],
]);

function transitionNamed(name: string): ConfChangeTransition {
  const transition = transitions.get(name);
  if (transition === undefined) throw new CommandError(`unknown transition ${name}`);
  return transition;
}

/** `propose N text` */
export function propose(env: Environment, args: readonly Argument[]): void {
  const [, text] = args;
  if (text === undefined || args.length !== 2 || text.values.length > 0) {
    throw new ScriptError("expected exactly one key with no vals");
  }
  env.node(numberAt(args, 0)).raw.propose(new TextEncoder().encode(text.key));
}

/** `propose-conf-change N [v1=true] [transition=auto|implicit|explicit]`, changes as input */
export function proposeConfChange(
  env: Environment,
  args: readonly Argument[],
  input: string,
): void {
  let v1 = false;
  let transition: ConfChangeTransition = ConfChangeTransition.ConfChangeTransitionAuto;
  for (const [key, text] of pairs(args.slice(1))) {
    if (key === "v1") v1 = bool(text);
    else if (key === "transition") transition = transitionNamed(text);
    else throw new CommandError(`unknown command ${key}`);
  }
  const changes = confChangesFromText(input);
  const { raw } = env.node(numberAt(args, 0));
  if (!v1) {
    raw.proposeConfChange({ transition, changes, context: noBytes });
    return;
  }
  const [change] = changes;
  const auto = transition === ConfChangeTransition.ConfChangeTransitionAuto;
  if (changes.length > 1 || !auto) {
    throw new CommandError("v1 conf change can only have one operation and no transition");
  }
  if (change === undefined) throw new ScriptError("v1 conf change without a change");
  raw.proposeConfChange({ id: 0, ...change, context: noBytes });
}
