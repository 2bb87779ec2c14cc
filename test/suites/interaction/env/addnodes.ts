import { newConfState, newSnapshot, noBytes } from "../../../../src/proto/raftpb.ts";
import type { Config } from "../../../../src/raft/config.ts";
import { ReadOnlyOption } from "../../../../src/raft/types.ts";
import { type Argument, bool, parseUint } from "../datadriven/line.ts";
import { numberAt, pairs } from "./arguments.ts";
import type { Environment } from "./environment.ts";
import { CommandError } from "./errors.ts";

function readOnlyOption(text: string): ReadOnlyOption {
  if (text === "safe") return ReadOnlyOption.ReadOnlySafe;
  if (text === "lease-based") return ReadOnlyOption.ReadOnlyLeaseBased;
  throw new CommandError(`invalid read-only option ${JSON.stringify(text)}`);
}

/** What each argument sets in the new nodes' configuration. */
const options = new Map<string, (text: string) => Partial<Config>>([
  ["inflight", (text) => ({ maxInflightMsgs: parseUint(text) })],
  ["async-storage-writes", (text) => ({ asyncStorageWrites: bool(text) })],
  ["prevote", (text) => ({ preVote: bool(text) })],
  ["checkquorum", (text) => ({ checkQuorum: bool(text) })],
  ["read-only", (text) => ({ readOnlyOption: readOnlyOption(text) })],
  ["max-committed-size-per-ready", (text) => ({ maxCommittedSizePerReady: parseUint(text) })],
  ["disable-conf-change-validation", (text) => ({ disableConfChangeValidation: bool(text) })],
  ["step-down-on-removal", (text) => ({ stepDownOnRemoval: bool(text) })],
]);

/** `add-nodes N voters=() learners=() index=I content=S ...`: see the options above. */
export function addNodes(env: Environment, args: readonly Argument[]): void {
  const config: Partial<Config> = {};
  const voters: number[] = [];
  const learners: number[] = [];
  let index = 0;
  let content = noBytes;
  for (const [key, text] of pairs(args.slice(1))) {
    if (key === "voters") voters.push(parseUint(text));
    else if (key === "learners") learners.push(parseUint(text));
    else if (key === "index") index = parseUint(text);
    else if (key === "content") content = new TextEncoder().encode(text);
    else Object.assign(config, options.get(key)?.(text));
  }
  const empty = voters.length + learners.length + index + content.length === 0;
  const metadata = { index, term: 1, confState: newConfState({ voters, learners }) };
  const snapshot = empty ? undefined : newSnapshot(metadata, content);
  env.addNodes(numberAt(args, 0), config, snapshot);
}
