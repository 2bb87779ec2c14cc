/**
 * Checks messages from outside before they change anything. Raft trusts its members, but a member
 * may be broken, of another version, or restored from a copy without its log; the others must not
 * break with it.
 */
import { type Entry, isMessageType, type Message, MessageType } from "../../proto/raftpb.ts";
import { ConfChangeError } from "../confchange/errors.ts";
import { restore } from "../confchange/restore.ts";
import { describeSnapshot, messageTypeName } from "../describe.ts";
import { InvalidMessageError } from "../errors.ts";
import { lostLogText } from "../log/raftlog.ts";
import { None } from "../target.ts";
import { hex, StateType } from "../types.ts";
import type { Raft } from "./raft.ts";
import { readPosition } from "./readonly.ts";

/** The last term is refused, since no election could follow it. */
const maxTerm = Number.MAX_SAFE_INTEGER - 1;

function refuse(m: Message, why: string, lostLog = false): never {
  const what = `${messageTypeName(m.type)} from ${hex(m.from)} at term ${m.term}`;
  throw new InvalidMessageError(`${what}: ${why}`, lostLog);
}

/** Throws InvalidMessageError for a message that no correct member sends. */
export function checkMessage(raft: Raft, m: Message): void {
  if (!isMessageType(m.type)) refuse(m, "no such type of message");
  checkNumbers(m);
  switch (m.type) {
    case MessageType.MsgProp:
      if (m.entries.length === 0) refuse(m, "no entries");
      return;
    case MessageType.MsgReadIndex:
      if (m.entries.length !== 1) refuse(m, `${m.entries.length} entries in place of 1`);
      return;
    case MessageType.MsgForgetLeader:
    case MessageType.MsgTransferLeader:
      return;
    default:
      // Other messages between members have a term. Without one they would count as local.
      if (m.term === 0 && raft.term > 0) refuse(m, "no term");
      if (m.from === None) refuse(m, "no sender");
      checkContent(raft, m);
  }
}

function checkNumbers(m: Message): void {
  const fine =
    isNumber(m.to) &&
    isNumber(m.from) &&
    isNumber(m.term) &&
    isNumber(m.logTerm) &&
    isNumber(m.index) &&
    isNumber(m.commit) &&
    isNumber(m.rejectHint) &&
    isNumber(m.vote);
  if (!fine) refuse(m, "a number in it is not a safe integer of 0 or more");
  if (m.term > maxTerm) refuse(m, "no term can follow this one");
}

function isNumber(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

function checkContent(raft: Raft, m: Message): void {
  const current = m.term >= raft.term;
  switch (m.type) {
    case MessageType.MsgApp:
      checkEntries(m);
      return;
    case MessageType.MsgHeartbeat:
      if (current && m.commit > raft.log.lastIndex()) {
        refuse(m, lostLogText(m.commit, raft.log.lastIndex()), true);
      }
      return;
    case MessageType.MsgSnap:
      checkSnapshot(raft, m);
      return;
    case MessageType.MsgAppResp:
      if (m.term === raft.term && raft.state === StateType.StateLeader && !m.reject) {
        checkAcknowledgement(raft, m);
      }
      return;
    case MessageType.MsgHeartbeatResp:
      if (m.term === raft.term && raft.state === StateType.StateLeader) checkReadAck(raft, m);
      return;
    default:
      return;
  }
}

/** Entries must follow each other and the entry before them, with terms up to the sender's. */
function checkEntries(m: Message): void {
  let index = m.index;
  let term = m.logTerm;
  for (let i = 0; i < m.entries.length; i++) {
    const entry = m.entries[i] as Entry;
    index++;
    if (entry.index !== index) refuse(m, `entry ${entry.index} where ${index} should be`);
    if (entry.term < term) refuse(m, `entry ${index} of term ${entry.term} behind term ${term}`);
    term = entry.term;
  }
  if (term > m.term) refuse(m, `entry ${index} has the newer term ${term}`);
  if (index > Number.MAX_SAFE_INTEGER) refuse(m, `index ${index} is out of range`);
}

/** A configuration that cannot be restored is refused before the log changes. */
function checkSnapshot(raft: Raft, m: Message): void {
  if (m.snapshot === undefined || m.snapshot.metadata.index === 0) return;
  const { index, confState } = m.snapshot.metadata;
  try {
    restore(confState, raft.restoreOptions(index));
  } catch (error) {
    if (!(error instanceof ConfChangeError)) throw error;
    refuse(m, `snapshot ${describeSnapshot(m.snapshot)}: ${error.message}`);
  }
}

function checkAcknowledgement(raft: Raft, m: Message): void {
  const last = raft.log.lastIndex();
  // Only this leader makes entries of its term: those were its own, and are here no longer.
  if (m.index > last) refuse(m, `acknowledges ${m.index}, the log ends at ${last}`, true);
}

function checkReadAck(raft: Raft, m: Message): void {
  const last = raft.log.lastIndex();
  if (m.index > last) refuse(m, `has entries up to ${m.index}, the log ends at ${last}`, true);
  if (m.context === undefined || m.context.length === 0) return;
  const position = readPosition(m.context);
  if (position === undefined) refuse(m, `its context of ${m.context.length} bytes is not ours`);
  const newest = raft.readOnly.position;
  if (position > newest) refuse(m, `confirms read ${position}, the newest is ${newest}`);
}
