/** The core's only notion of time. Source: etcd's raft.go. */
import { draftMessage, MessageType } from "../../proto/raftpb.ts";
import { None } from "../target.ts";
import { StateType } from "../types.ts";
import type { Raft } from "./raft.ts";
import { step } from "./step.ts";

/** One tick passes. */
export function tick(raft: Raft): void {
  if (raft.state === StateType.StateLeader) tickHeartbeat(raft);
  else tickElection(raft);
}

/** Followers and candidates campaign when their timeout is over. */
function tickElection(raft: Raft): void {
  raft.electionElapsed++;
  if (!raft.promotable() || !raft.pastElectionTimeout()) return;
  raft.electionElapsed = 0;
  stepLocal(raft, MessageType.MsgHup);
}

/** A leader sends heartbeats and checks its quorum. */
function tickHeartbeat(raft: Raft): void {
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= raft.config.electionTick) {
    raft.electionElapsed = 0;
    if (raft.config.checkQuorum) stepLocal(raft, MessageType.MsgCheckQuorum);
    // A transfer that takes so long has failed: the leader accepts proposals again.
    if (raft.state === StateType.StateLeader && raft.leadTransferee !== None) {
      raft.abortLeaderTransfer();
    }
  }
  if (raft.state !== StateType.StateLeader) return;
  if (raft.heartbeatElapsed >= raft.config.heartbeatTick) {
    raft.heartbeatElapsed = 0;
    stepLocal(raft, MessageType.MsgBeat);
  }
}

function stepLocal(raft: Raft, type: MessageType): void {
  step(raft, draftMessage(type, None, raft.id, 0));
}
