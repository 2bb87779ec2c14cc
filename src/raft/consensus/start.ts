/** A node's start, from what its storage has. Source: newRaft of etcd's raft.go. */
import type { HardState } from "../../proto/raftpb.ts";
import { confStatesEquivalent, restore } from "../confchange/restore.ts";
import type { ResolvedConfig } from "../config.ts";
import { describeConfState } from "../describe.ts";
import { panic } from "../errors.ts";
import { None } from "../target.ts";
import { hex } from "../types.ts";
import { switchToConfig } from "./membership.ts";
import { Raft } from "./raft.ts";
import { becomeFollower } from "./roles.ts";
import { traceEvent } from "./trace.ts";

/**
 * A follower with the storage's log, state and configuration. Throws InvariantError or
 * ConfChangeError where these contradict each other.
 */
export function newRaft(config: ResolvedConfig): Raft {
  const raft = new Raft(config);
  const { logger, log } = raft;
  const { hardState, confState } = config.storage.initialState();
  traceEvent(raft, "InitState");
  const last = { index: log.lastIndex(), term: log.lastTerm() };
  const restored = switchToConfig(raft, restore(confState, raft.restoreOptions(last.index)));
  if (!confStatesEquivalent(confState, restored)) {
    const both = `${describeConfState(confState)} and ${describeConfState(restored)}`;
    panic(logger, `ConfStates not equivalent: ${both}`);
  }
  if (hardState.term !== 0 || hardState.vote !== 0 || hardState.commit !== 0) {
    loadState(raft, hardState);
  }
  if (config.applied > 0) log.appliedTo(config.applied, 0);
  becomeFollower(raft, raft.term, None);
  const peers = raft.tracker.voterNodes().map(hex).join(",");
  logger.info(
    `newRaft ${hex(raft.id)} [peers: [${peers}], term: ${raft.term}, commit: ${log.committed}, ` +
      `applied: ${log.applied}, lastindex: ${last.index}, lastterm: ${last.term}]`,
  );
  return raft;
}

function loadState(raft: Raft, state: HardState): void {
  const [low, high] = [raft.log.committed, raft.log.lastIndex()];
  if (state.commit < low || state.commit > high) {
    const bounds = `out of range [${low}, ${high}]`;
    panic(raft.logger, `${hex(raft.id)} state.commit ${state.commit} is ${bounds}`);
  }
  raft.log.committed = state.commit;
  raft.term = state.term;
  raft.vote = state.vote;
}
