/** Changes of role. Source: etcd's raft.go; figure 4 of the Raft paper. */
import { newEntry } from "../../proto/raftpb.ts";
import { InvariantError, panic } from "../errors.ts";
import { None } from "../target.ts";
import { hex, StateType } from "../types.ts";
import { appendEntry } from "./commit.ts";
import type { Raft } from "./raft.ts";
import { traceEvent } from "./trace.ts";

/** @param lead the leader of that term, or None. */
export function becomeFollower(raft: Raft, term: number, lead: number): void {
  raft.reset(term);
  raft.lead = lead;
  raft.state = StateType.StateFollower;
  raft.logger.info(`${hex(raft.id)} became follower at term ${raft.term}`);
  traceEvent(raft, "BecomeFollower");
}

/** Begins the next term and votes for itself. */
export function becomeCandidate(raft: Raft): void {
  if (raft.state === StateType.StateLeader) {
    throw new InvariantError("invalid transition [leader -> candidate]");
  }
  raft.reset(raft.term + 1);
  raft.vote = raft.id;
  raft.state = StateType.StateCandidate;
  raft.logger.info(`${hex(raft.id)} became candidate at term ${raft.term}`);
  traceEvent(raft, "BecomeCandidate");
}

/** Begins a pre-election, which changes neither term nor vote. */
export function becomePreCandidate(raft: Raft): void {
  if (raft.state === StateType.StateLeader) {
    throw new InvariantError("invalid transition [leader -> pre-candidate]");
  }
  raft.tracker.resetVotes();
  raft.lead = None;
  raft.state = StateType.StatePreCandidate;
  raft.logger.info(`${hex(raft.id)} became pre-candidate at term ${raft.term}`);
}

/** Begins to lead, with an empty entry that commits those of earlier terms. */
export function becomeLeader(raft: Raft): void {
  if (raft.state === StateType.StateFollower) {
    throw new InvariantError("invalid transition [follower -> leader]");
  }
  lead(raft);
  // An empty entry has no payload, and nothing is uncommitted after a reset: no limit refuses it.
  if (!appendEntry(raft, [newEntry()])) panic(raft.logger, "empty entry was dropped");
  raft.logger.info(`${hex(raft.id)} became leader at term ${raft.term}`);
}

/**
 * Leads on in a term that this node led before it lost its memory, without an election: the host
 * vouches that nothing which this node said as leader of the term is missing from its log. What the
 * others have is not known: they are probed. Throws InvariantError where a leader of the term would
 * have more to do than to go on.
 */
export function resumeLeadership(raft: Raft): void {
  const { log, term, vote, state } = raft;
  const last = log.lastIndex();
  const done = log.applied === last && log.committed === last && log.lastTerm() === term;
  const own = state === StateType.StateFollower && raft.lead === None && vote === raft.id;
  if (!done || !own || !raft.promotable() || raft.tracker.config.voters.isJoint) {
    const indexes = `last ${last}, committed ${log.committed}, applied ${log.applied}`;
    const who = `${hex(raft.id)} [term ${term}, vote ${hex(vote)}, lead ${hex(raft.lead)}]`;
    throw new InvariantError(`${who} cannot lead on: ${indexes}, last term ${log.lastTerm()}`);
  }
  lead(raft);
  raft.logger.info(`${hex(raft.id)} leads on at term ${raft.term}`);
}

function lead(raft: Raft): void {
  raft.reset(raft.term);
  raft.lead = raft.id;
  raft.state = StateType.StateLeader;
  const own = raft.tracker.get(raft.id);
  if (own === undefined) throw new InvariantError(`leader ${hex(raft.id)} is no member`);
  own.becomeReplicate();
  own.recentActive = true;
  // Unapplied entries may contain configuration changes. Instead of looking for them, the next
  // change waits until all of these entries are applied.
  raft.pendingConfIndex = raft.log.lastIndex();
  traceEvent(raft, "BecomeLeader");
}
