import { MessageType } from "../../../../src/proto/raftpb.ts";
import { type Argument, parseUint, ScriptError } from "../datadriven/line.ts";
import { addNodes } from "./addnodes.ts";
import { ids, numberAt, numberOf, pairs } from "./arguments.ts";
import type { Environment, Recipient } from "./environment.ts";
import { CommandError } from "./errors.ts";
import type { Node } from "./node.ts";
import { levelNamed, levelNames } from "./output.ts";
import { propose, proposeConfChange } from "./proposals.ts";

type Handler = (env: Environment, args: readonly Argument[], input: string) => void;

/** A command whose first argument is the node it is about. */
function onNode(run: (node: Node, env: Environment) => void): Handler {
  return (env, args) => run(env.node(numberAt(args, 0)), env);
}

/** A command for any number of nodes: each under a heading, a single one without. */
function onNodes(what: string, run: (env: Environment, id: number) => void): Handler {
  return (env, args) => {
    const nodes = ids(args);
    for (const id of nodes) {
      if (nodes.length === 1) run(env, id);
      else env.output.section(`> ${id} ${what}`, () => run(env, id));
    }
  };
}

function messageTypeNamed(name: string): MessageType {
  const found = Object.entries(MessageType).find(([each]) => each === name);
  if (found === undefined) throw new ScriptError(`unknown message type ${name}`);
  return found[1];
}

function deliverMsgs(env: Environment, args: readonly Argument[]): void {
  const recipients: Recipient[] = [];
  let type: MessageType | undefined;
  for (const { key, values } of args) {
    if (values.length === 0) recipients.push({ id: parseUint(key), drop: false });
    else if (key === "drop") recipients.push(...values.map(parseUint).map(dropped(recipients)));
    else if (key === "type") type = messageTypeNamed(values[0] ?? "");
  }
  if (env.deliver(recipients, type) === 0) env.output.line("no messages");
}

function dropped(others: readonly Recipient[]): (id: number) => Recipient {
  return (id) => {
    if (!others.some((other) => other.id === id)) return { id, drop: true };
    throw new ScriptError(`can't both deliver and drop msgs to ${id}`);
  };
}

function setLevel(env: Environment, name: string): void {
  const level = levelNamed(name);
  if (level === undefined) throw new CommandError(`log levels must be either of ${levelNames}`);
  env.output.level = level;
}

function stabilize(env: Environment, args: readonly Argument[]): void {
  const before = env.output.level;
  try {
    for (const [key, text] of pairs(args)) if (key === "log-level") setLevel(env, text);
    const chosen = ids(args);
    env.stabilize(chosen.length === 0 ? env.nodes : chosen.map((id) => env.node(id)));
  } finally {
    env.output.level = before;
  }
}

function raftState(env: Environment): void {
  for (const { id, raw } of env.nodes) {
    const { config, hardState, softState } = raw.status();
    const standing = config.voters.has(id) ? "(Voter)" : "(Non-Voter)";
    const { raftState: role, lead } = softState;
    env.output.line(`${id}: ${role} ${standing} Term:${hardState.term} Lead:${lead}`);
  }
}

function reportUnreachable(env: Environment, args: readonly Argument[]): void {
  const [on, reported, ...more] = ids(args);
  if (on === undefined || reported === undefined || more.length > 0) {
    const which = "node on which to report, and reported node";
    throw new CommandError(`must specify exactly two node indexes: ${which}`);
  }
  env.node(on).raw.reportUnreachable(env.node(reported).id);
}

function transferLeadership(env: Environment, args: readonly Argument[]): void {
  const to = env.node(numberOf(args, "to")).id;
  env.node(numberOf(args, "from")).raw.transferLeadership(to);
}

function compact(env: Environment, args: readonly Argument[]): void {
  const id = numberAt(args, 0);
  env.node(id).storage.compact(numberAt(args, 1));
  env.printLog(id);
}

function tick({ raw }: Node, ticks: number): void {
  for (let i = 0; i < ticks; i++) raw.tick();
}

/** Every command of the language but those of quorum/ and confchange/ files. */
export const scriptCommands: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["_breakpoint", () => undefined],
  ["add-nodes", addNodes],
  ["campaign", onNode(({ raw }) => raw.campaign())],
  ["compact", compact],
  ["deliver-msgs", deliverMsgs],
  ["forget-leader", onNode(({ raw }) => raw.forgetLeader())],
  ["log-level", (env, args) => setLevel(env, args[0]?.key ?? "")],
  [
    "process-append-thread",
    onNodes("processing append thread", (env, id) => env.processAppendThread(id)),
  ],
  [
    "process-apply-thread",
    onNodes("processing apply thread", (env, id) => env.processApplyThread(id)),
  ],
  ["process-ready", onNodes("handling Ready", (env, id) => env.processReady(id))],
  ["propose", propose],
  ["propose-conf-change", proposeConfChange],
  ["raft-log", onNode(({ id }, env) => env.printLog(id))],
  ["raft-state", raftState],
  ["report-unreachable", reportUnreachable],
  ["send-snapshot", (env, args) => env.sendSnapshot(numberAt(args, 0), numberAt(args, 1))],
  [
    "set-randomized-election-timeout",
    (env, args) => {
      const timeout = numberOf(args, "timeout");
      env.node(numberAt(args, 0)).raw.setRandomizedElectionTimeout(timeout);
    },
  ],
  ["stabilize", stabilize],
  ["status", onNode(({ raw }, env) => env.output.write(String(raw.status().progress)))],
  ["tick-election", onNode((node) => tick(node, node.config.electionTick))],
  ["tick-heartbeat", onNode((node) => tick(node, node.config.heartbeatTick))],
  ["transfer-leadership", transferLeadership],
]);
