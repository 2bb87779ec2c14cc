/** Replication of entries from the leader to the others. Source: etcd's raft.go. */
import { type Entry, type Message, MessageType, noEntries } from "../../proto/raftpb.ts";
import { CompactedError } from "../errors.ts";
import { payloadsSize } from "../log/size.ts";
import { type Progress, StateType as ProgressState } from "../tracker/progress.ts";
import { hex } from "../types.ts";
import { maybeCommit } from "./commit.ts";
import type { Raft } from "./raft.ts";
import { releasePendingReadIndexMessages } from "./readindex.ts";
import { maybeSendSnapshot } from "./snapshot-send.ts";

/** Sends a member the entries it needs next, or an empty message with the commit index. */
export function sendAppend(raft: Raft, pr: Progress): void {
  maybeSendAppend(raft, pr, true);
}

/**
 * Sends a member the entries it needs next, if it may be sent any. Returns whether a message was
 * sent: with `sendIfEmpty` false, none is sent without entries.
 */
export function maybeSendAppend(raft: Raft, pr: Progress, sendIfEmpty: boolean): boolean {
  if (pr.isPaused()) return false;
  const { log } = raft;
  const prevIndex = pr.next - 1;
  // Most often the member was sent everything, and this check is the cheapest.
  if (!sendIfEmpty && prevIndex === log.lastIndex()) return false;
  const prevTerm = log.maybeTerm(prevIndex);
  // The entry before is compacted, so only a snapshot can help the member.
  if (prevTerm === undefined) return maybeSendSnapshot(raft, pr);
  let entries: readonly Entry[] | undefined = noEntries;
  // A full window lets only empty messages through. They are needed: if everything in the window
  // was lost, only the response to such a message shows it, and empties the window.
  if (pr.state !== ProgressState.StateReplicate || !pr.inflights.full()) {
    entries = entriesFrom(raft, pr.next);
  }
  if ((entries === undefined || entries.length === 0) && !sendIfEmpty) return false;
  if (entries === undefined) return maybeSendSnapshot(raft, pr);

  const message = raft.message(MessageType.MsgApp, pr.id);
  message.index = prevIndex;
  message.logTerm = prevTerm;
  message.entries = entries;
  message.commit = log.committed;
  raft.send(message);
  pr.sentEntries(entries.length, payloadsSize(entries));
  pr.setSentCommit(log.committed);
  return true;
}

/** As many entries as fit a message; undefined where the first of them is compacted. */
function entriesFrom(raft: Raft, index: number): readonly Entry[] | undefined {
  try {
    return raft.log.entries(index, raft.config.maxSizePerMsg);
  } catch (error) {
    if (error instanceof CompactedError) return undefined;
    throw error;
  }
}

/** Sends all other members what they need next. */
export function bcastAppend(raft: Raft): void {
  const { members } = raft.tracker;
  for (let i = 0; i < members.length; i++) {
    const pr = members[i] as Progress;
    if (pr.id !== raft.id) sendAppend(raft, pr);
  }
}

/** A follower handles the leader's entries, or responds where the logs may agree. */
export function handleAppendEntries(raft: Raft, m: Message): void {
  const { log } = raft;
  const response = raft.message(MessageType.MsgAppResp, m.from);
  if (m.index < log.committed) {
    response.index = log.committed;
    raft.send(response);
    return;
  }
  const prev = { index: m.index, term: m.logTerm };
  const last = log.maybeAppend(prev, m.entries, m.commit);
  if (last !== undefined) {
    response.index = last;
    raft.send(response);
    return;
  }
  const ours = `[logterm: ${log.maybeTerm(m.index) ?? 0}, index: ${m.index}]`;
  const theirs = `[logterm: ${m.logTerm}, index: ${m.index}]`;
  raft.logger.debug(`${hex(raft.id)} ${ours} rejected MsgApp ${theirs} from ${hex(m.from)}`);
  // The leader's entries up to m.index have terms up to m.logTerm. An entry of a higher term here
  // cannot be the leader's, so the hint skips it: one round trip a term, not one an entry.
  const hint = log.findConflictByTerm(Math.min(m.index, log.lastIndex()), m.logTerm);
  response.index = m.index;
  response.reject = true;
  response.rejectHint = hint.index;
  response.logTerm = hint.term;
  raft.send(response);
}

/**
 * The leader handles a member's response. Returns whether its match advanced, or it is back after
 * having been probed.
 */
export function handleAppendResponse(raft: Raft, m: Message, pr: Progress): boolean {
  pr.recentActive = true;
  if (!m.reject) return handleAcknowledgement(raft, m, pr);
  handleRejection(raft, m, pr);
  return false;
}

function handleRejection(raft: Raft, m: Message, pr: Progress): void {
  const who = `${hex(raft.id)} received MsgAppResp(rejected`;
  const hint = `hint: (index ${m.rejectHint}, term ${m.logTerm})`;
  raft.logger.debug(`${who}, ${hint}) from ${hex(m.from)} for index ${m.index}`);
  // The member has an entry of term logTerm at the hint, and only lower terms below. Where this log
  // has a higher term at or below the hint, the two cannot agree: these probes are skipped. (A
  // member of term 0 there has nothing, or could not say.)
  const probe =
    m.logTerm > 0 ? raft.log.findConflictByTerm(m.rejectHint, m.logTerm).index : m.rejectHint;
  if (!pr.maybeDecrTo(m.index, probe)) return;
  raft.logger.debug(`${hex(raft.id)} decreased progress of ${hex(m.from)} to [${pr}]`);
  if (pr.state === ProgressState.StateReplicate) pr.becomeProbe();
  sendAppend(raft, pr);
}

function handleAcknowledgement(raft: Raft, m: Message, pr: Progress): boolean {
  // Even without news the response shows that a probed member is back: one that was unreachable and
  // has nothing to catch up on. Not so a member that waits for its snapshot, since its next entry
  // is still compacted.
  const back = pr.match === m.index && pr.state === ProgressState.StateProbe;
  if (!pr.maybeUpdate(m.index) && !back) return false;
  if (pr.state === ProgressState.StateProbe) {
    pr.becomeReplicate();
  } else if (pr.state === ProgressState.StateReplicate) {
    pr.inflights.freeLE(m.index);
  } else if (pr.match + 1 >= raft.log.firstIndex()) {
    // Whatever pendingSnapshot says, from this index on the log can serve the member.
    const who = `${hex(raft.id)} recovered from needing snapshot`;
    const what = `resumed sending replication messages to ${hex(m.from)}`;
    raft.logger.debug(`${who}, ${what} [${pr}]`);
    pr.becomeProbe();
    pr.becomeReplicate();
  }
  if (maybeCommit(raft)) {
    releasePendingReadIndexMessages(raft);
    bcastAppend(raft);
  } else if (raft.id !== m.from && pr.canBumpCommit(raft.log.committed)) {
    // The next heartbeat would bring the commit index too, but later.
    sendAppend(raft, pr);
  }
  // The window may have room for several messages now.
  if (raft.id !== m.from) while (maybeSendAppend(raft, pr, false));
  return true;
}
