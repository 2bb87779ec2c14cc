import { JointConfig } from "../../../src/raft/quorum/joint.ts";
import { MajorityConfig } from "../../../src/raft/quorum/majority.ts";
import type { AckedIndexer } from "../../../src/raft/quorum/quorum.ts";
import { alternativeCommittedIndex } from "../../unit/raft/quorum/alternative.ts";
import { parseUint, ScriptError } from "./datadriven/line.ts";
import type { Stanza } from "./datadriven/script.ts";
import type { ScriptHarness } from "./kinds.ts";

const votes = new Map([
  ["y", 2],
  ["n", 1],
  ["_", 0],
]);

interface Query {
  readonly ids: readonly number[];
  /** Undefined: a majority quorum. */
  readonly idsj: readonly number[] | undefined;
  /** One a voter, 0 for one that has not answered; votes are 1 (no) and 2 (yes). */
  readonly answers: readonly number[];
}

/** Asks quorums for commit indexes and votes; stateless. */
export class QuorumHarness implements ScriptHarness {
  run(stanza: Stanza): string {
    const query = parse(stanza);
    const answered = lookup(query);
    const { ids, idsj, answers } = query;
    const voters = JointConfig.of(ids, idsj).ids;
    if (voters.length !== answers.length) {
      const map = voters.map((id) => `${id}:{}`).join(" ");
      const given = `[${answers.join(" ")}]`;
      return `error: mismatched input (explicit or _) for voters map[${map}]: ${given}`;
    }
    switch (stanza.name) {
      case "committed":
        return idsj === undefined
          ? committedByMajority(MajorityConfig.of(ids), answered)
          : committedJointly(JointConfig.of(ids, idsj), JointConfig.of(idsj, ids), answered);
      case "vote":
        return voteResult(query, answered);
      default:
        return "unknown command";
    }
  }
}

function parse({ name, args }: Stanza): Query {
  const ids: number[] = [];
  let idsj: number[] | undefined;
  const answers: number[] = [];
  for (const { key, values } of args) {
    switch (key) {
      case "cfg":
        ids.push(...values.map(parseUint));
        break;
      case "cfgj":
        if (values.includes("zero") && values.length !== 1) {
          throw new ScriptError("cannot mix 'zero' into configuration");
        }
        idsj = values.includes("zero") ? [] : values.map(parseUint);
        break;
      case "idx":
        if (name === "committed") answers.push(...values.map(ackedIndex));
        break;
      case "votes":
        if (name === "vote") answers.push(...values.map(vote));
        break;
      default:
        throw new ScriptError(`unknown arg ${key}`);
    }
  }
  return { ids, idsj, answers };
}

function ackedIndex(text: string): number {
  if (text === "_") return 0;
  const index = parseUint(text);
  if (index === 0) throw new ScriptError("use '_' as 0");
  return index;
}

function vote(text: string): number {
  const value = votes.get(text);
  if (value === undefined) throw new ScriptError(`unknown vote: ${text}`);
  return value;
}

/** Deals the answers out to the ids in order, each id once. */
function lookup({ ids, idsj, answers }: Query): AckedIndexer {
  const distinct = [...new Set([...ids, ...(idsj ?? [])])];
  const byId = new Map(distinct.map((id, i) => [id, answers[i] ?? 0]));
  return (id) => {
    const answer = byId.get(id) ?? 0;
    return answer === 0 ? undefined : answer;
  };
}

function committedByMajority(config: MajorityConfig, acked: AckedIndexer): string {
  const index = config.committedIndex(acked);
  let text = config.describe(acked);
  const check = (actual: number, how: string): void => {
    if (actual !== index) text += `${indexText(actual)} <-- ${how}\n`;
  };
  check(alternativeCommittedIndex(config, acked), "via alternative computation");
  const zeroJoint = new JointConfig(config, MajorityConfig.empty);
  check(zeroJoint.committedIndex(acked), "via zero-joint quorum");
  check(new JointConfig(config, config).committedIndex(acked), "via self-joint quorum");
  for (const id of config.ids) {
    const its = acked(id) ?? 0;
    if (its === 0 || its >= index) continue;
    for (const lower of [its - 1, 0]) {
      const lowered: AckedIndexer = (other) => (other === id ? lower : acked(other));
      const how = lower === 0 ? `${id}->0` : `${id}->${its}`;
      check(config.committedIndex(lowered), `overlaying ${how}`);
    }
  }
  return `${text}${indexText(index)}\n`;
}

function committedJointly(config: JointConfig, mirror: JointConfig, acked: AckedIndexer): string {
  const index = config.committedIndex(acked);
  const other = mirror.committedIndex(acked);
  const violation = other === index ? "" : `${indexText(other)} <-- via symmetry\n`;
  return `${config.describe(acked)}${violation}${indexText(index)}\n`;
}

function voteResult({ ids, idsj }: Query, answered: AckedIndexer): string {
  const lookupVote = (id: number): boolean | undefined => {
    const answer = answered(id);
    return answer === undefined ? undefined : answer !== 1;
  };
  if (idsj === undefined) return `${MajorityConfig.of(ids).voteResult(lookupVote)}\n`;
  const result = JointConfig.of(ids, idsj).voteResult(lookupVote);
  const other = JointConfig.of(idsj, ids).voteResult(lookupVote);
  const violation = other === result ? "" : `${other} <-- via symmetry\n`;
  return `${violation}${result}\n`;
}

/** A committed index as etcd prints it: an empty quorum commits everything. */
function indexText(index: number): string {
  return index === Number.POSITIVE_INFINITY ? "∞" : String(index);
}
