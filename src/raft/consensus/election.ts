/** Campaigns and votes. Source: etcd's raft.go; Raft paper, 5.2 and 5.4.1; Raft thesis, 9.6. */
import { EntryType, type Message, MessageType } from "../../proto/raftpb.ts";
import { messageTypeName } from "../describe.ts";
import { None } from "../target.ts";
import type { Tally } from "../tracker/tracker.ts";
import { CampaignType, hex, StateType } from "../types.ts";
import { voteRespMsgType } from "./messages.ts";
import type { Raft } from "./raft.ts";
import { becomeCandidate, becomePreCandidate } from "./roles.ts";

/** The context of a transferee's vote requests, for which voters ignore the old leader's lease. */
const transferContext = Uint8Array.from(CampaignType.CampaignTransfer, (c) => c.charCodeAt(0));

function isTransfer(context: Uint8Array | undefined): boolean {
  return (
    context?.length === transferContext.length &&
    transferContext.every((byte, i) => byte === context[i])
  );
}

/** Campaigns, if this node may. */
export function hup(raft: Raft, type: CampaignType): void {
  const id = hex(raft.id);
  if (raft.state === StateType.StateLeader) {
    raft.logger.debug(`${id} ignoring MsgHup because already leader`);
    return;
  }
  if (!raft.promotable()) {
    raft.logger.warning(`${id} is unpromotable and can not campaign`);
    return;
  }
  if (hasUnappliedConfChanges(raft)) {
    const why = "there are still pending configuration changes to apply";
    raft.logger.warning(`${id} cannot campaign at term ${raft.term} since ${why}`);
    return;
  }
  raft.logger.info(`${id} is starting a new election at term ${raft.term}`);
  campaign(raft, type);
}

/**
 * Whether a committed configuration change is not applied yet: this node may not know all voters.
 */
function hasUnappliedConfChanges(raft: Raft): boolean {
  const { applied, committed, maxApplyingSize } = raft.log;
  let found = false;
  raft.log.scan(applied + 1, committed + 1, maxApplyingSize, (page) => {
    found = page.some((entry) => entry.type !== EntryType.EntryNormal);
    return !found;
  });
  return found;
}

/** Becomes a candidate, or first a pre-candidate, and asks all voters. */
export function campaign(raft: Raft, type: CampaignType): void {
  const id = hex(raft.id);
  if (!raft.promotable()) {
    raft.logger.warning(`${id} is unpromotable; campaign() should have been called`);
  }
  const pre = type === CampaignType.CampaignPreElection;
  const request = pre ? MessageType.MsgPreVote : MessageType.MsgVote;
  if (pre) becomePreCandidate(raft);
  else becomeCandidate(raft);
  // A pre-candidate asks for the term it would go to.
  const term = pre ? raft.term + 1 : raft.term;
  const [logTerm, index] = [raft.log.lastTerm(), raft.log.lastIndex()];
  for (const to of raft.tracker.voterNodes()) {
    if (to === raft.id) {
      // The candidate's own vote counts only once it is stored, too.
      const own = raft.message(voteRespMsgType(request), to);
      own.term = term;
      raft.send(own);
      continue;
    }
    const what = `sent ${messageTypeName(request)} request to ${hex(to)} at term ${raft.term}`;
    raft.logger.info(`${id} [logterm: ${logTerm}, index: ${index}] ${what}`);
    const message = raft.message(request, to);
    message.term = term;
    message.index = index;
    message.logTerm = logTerm;
    if (type === CampaignType.CampaignTransfer) message.context = transferContext;
    raft.send(message);
  }
}

/** Records a vote and counts all votes. */
export function poll(raft: Raft, m: Message): Tally {
  const what = `${messageTypeName(m.type)}${m.reject ? " rejection" : ""}`;
  raft.logger.info(`${hex(raft.id)} received ${what} from ${hex(m.from)} at term ${raft.term}`);
  raft.tracker.recordVote(m.from, !m.reject);
  return raft.tracker.tallyVotes();
}

/** Whether to ignore a vote request, because a leader was heard of recently. */
export function isInLease(raft: Raft, m: Message): boolean {
  const { checkQuorum, electionTick } = raft.config;
  const inLease = checkQuorum && raft.lead !== None && raft.electionElapsed < electionTick;
  if (!inLease || isTransfer(m.context)) return false;
  const remaining = electionTick - raft.electionElapsed;
  const why = `lease is not expired (remaining ticks: ${remaining})`;
  raft.logger.info(`${voteText(raft, m, "ignored")}: ${why}`);
  return true;
}

/** Handles a vote request in this node's term, or a pre-election's for a later one. */
export function handleVoteRequest(
  raft: Raft,
  m: Message,
  type: typeof MessageType.MsgVote | typeof MessageType.MsgPreVote,
): void {
  const canVote =
    // The vote is repeated,
    raft.vote === m.from ||
    // or there is none yet in this term, nor a leader,
    (raft.vote === None && raft.lead === None) ||
    // or the vote is not binding.
    (type === MessageType.MsgPreVote && m.term > raft.term);
  const response = raft.message(voteRespMsgType(type), m.from);
  // A learner votes too: the request shows that it was promoted, which it may not know yet, and its
  // vote may be needed to elect the leader that would tell it.
  if (!canVote || !raft.log.isUpToDate(m.index, m.logTerm)) {
    raft.logger.info(voteText(raft, m, "rejected"));
    response.reject = true;
    raft.send(response);
    return;
  }
  raft.logger.info(voteText(raft, m, "cast"));
  // The requested term: a candidate ignores a pre-election's response with a lower one.
  response.term = m.term;
  raft.send(response);
  if (type === MessageType.MsgVote) {
    raft.electionElapsed = 0;
    raft.vote = m.from;
  }
}

/** Tells a pre-candidate of a lower term the higher one, or it might ask for ever. */
export function rejectOldPreVote(raft: Raft, m: Message): void {
  raft.logger.info(voteText(raft, m, "rejected"));
  const response = raft.message(MessageType.MsgPreVoteResp, m.from);
  response.reject = true;
  raft.send(response);
}

function voteText(raft: Raft, m: Message, verb: "ignored" | "rejected" | "cast"): string {
  const log = `logterm: ${raft.log.lastTerm()}, index: ${raft.log.lastIndex()}`;
  const whom = verb === "cast" ? `for ${hex(m.from)}` : `from ${hex(m.from)}`;
  const what = `${verb} ${messageTypeName(m.type)} ${whom}`;
  const their = `[logterm: ${m.logTerm}, index: ${m.index}]`;
  const vote = hex(raft.vote);
  return `${hex(raft.id)} [${log}, vote: ${vote}] ${what} ${their} at term ${raft.term}`;
}
