/** Leadership transfer (Raft thesis, 3.10). Source: etcd's raft.go. */
import { type Message, MessageType } from "../../proto/raftpb.ts";
import { None } from "../target.ts";
import type { Progress } from "../tracker/progress.ts";
import { hex } from "../types.ts";
import type { Raft } from "./raft.ts";
import { sendAppend } from "./replication.ts";

/** The leader is asked to transfer leadership to the message's sender. */
export function handleTransferLeader(raft: Raft, m: Message, pr: Progress): void {
  const [id, to] = [hex(raft.id), hex(m.from)];
  const who = `${id} [term ${raft.term}]`;
  if (pr.isLearner) {
    raft.logger.debug(`${id} is learner. Ignored transferring leadership`);
    return;
  }
  if (raft.leadTransferee !== None) {
    if (raft.leadTransferee === m.from) {
      const why = `is in progress, ignores request to same node ${to}`;
      raft.logger.info(`${who} transfer leadership to ${to} ${why}`);
      return;
    }
    const previous = hex(raft.leadTransferee);
    raft.abortLeaderTransfer();
    raft.logger.info(`${who} abort previous transferring leadership to ${previous}`);
  }
  if (m.from === raft.id) {
    raft.logger.debug(`${id} is already leader. Ignored transferring leadership to self`);
    return;
  }
  raft.logger.info(`${who} starts to transfer leadership to ${to}`);
  // The transfer has one election timeout to succeed: see the leader's tick.
  raft.electionElapsed = 0;
  raft.leadTransferee = m.from;
  if (pr.match === raft.log.lastIndex()) {
    sendTimeoutNow(raft, m.from);
    const why = `immediately as ${to} already has up-to-date log`;
    raft.logger.info(`${id} sends MsgTimeoutNow to ${to} ${why}`);
  } else {
    sendAppend(raft, pr);
  }
}

/** Tells the transferee to campaign once it has all of the leader's log. */
export function maybeFinishTransfer(raft: Raft, pr: Progress): void {
  if (pr.id !== raft.leadTransferee || pr.match !== raft.log.lastIndex()) return;
  const [id, to] = [hex(raft.id), hex(pr.id)];
  raft.logger.info(`${id} sent MsgTimeoutNow to ${to} after received MsgAppResp`);
  sendTimeoutNow(raft, pr.id);
}

function sendTimeoutNow(raft: Raft, to: number): void {
  raft.send(raft.message(MessageType.MsgTimeoutNow, to));
}
