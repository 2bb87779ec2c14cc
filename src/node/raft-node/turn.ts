import { decodeConfChange, decodeConfChangeV2 } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import {
  type ConfChangeV2,
  type Entry,
  EntryType,
  type Message,
  MessageType,
} from "../../proto/raftpb.ts";
import { confChangeAsV2, type RawNode, type Ready } from "../../raft/index.ts";
import type { SleepRecord } from "../../storage/wal/sleep-record.ts";
import type { Core } from "../core.ts";
import type { LazyCommits } from "../peers/lazy-commits.ts";
import type { RaftListener } from "../raw-node/listener.ts";
import type { Role } from "../raw-node/role.ts";
import type { ReadRounds } from "../read/quorum-round.ts";
import type { Snapshots } from "../snapshot/snapshots.ts";
import { CannotApplyError, type ProposalOutcome } from "./outcome.ts";
import type { Proposals } from "./proposals.ts";

/** The parts that a turn works with, made by RaftNode. */
export interface TurnParts {
  readonly node: RawNode;
  readonly role: Role;
  readonly commits: LazyCommits;
  readonly rounds: ReadRounds;
  readonly proposals: Proposals<ProposalOutcome>;
  readonly snapshots: Snapshots;
  readonly listeners: readonly RaftListener[];
}

/** What happened while Readies were handled. */
export interface Drained {
  /** Whether a client was answered. */
  answered: boolean;
  /** Whether more is left for another turn. */
  more: boolean;
  /** Whether a snapshot was installed. */
  installed: boolean;
  /** Raft's response to the read round's heartbeat stepped last. */
  roundResponse?: Message;
}

/** Readies handled in one turn, whatever their size. */
const maxReadies = 256;

/**
 * Units of work (kv/work/work.ts, about a nanosecond each) after which no further Ready is begun. A
 * Ready's entries are few bytes (raft-config.ts), so even replay of the most expensive requests
 * ends a turn soon.
 */
export const maxTurnWork = 500_000_000;

/**
 * Handles raft's Readies in the order of one turn. Before the write: messages that need no
 * persistence, and entries that are already durable, so that neither waits for the flush. After it:
 * votes, responses, and entries that this write makes durable; the output gate holds what they
 * send.
 *
 * `advance` follows at once, since nothing that depends on the write leaves before it is durable.
 */
export class Turn {
  readonly #core: Core;
  readonly #parts: TurnParts;
  /** Whether a tick is part of this turn. */
  ticked = false;
  /** Whether this turn installs a snapshot, half of which must not be kept. */
  installing = false;

  constructor(core: Core, parts: TurnParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Handles Readies until about `maxEntries` are applied or much work is done. */
  drain(maxEntries: number): Drained {
    const { node } = this.#parts;
    const { machine } = this.#core;
    const drained: Drained = { answered: false, more: false, installed: false };
    let applied = 0;
    const lastWork = machine.work + maxTurnWork;
    for (let i = 0; i < maxReadies && applied < maxEntries; i++) {
      if (machine.work > lastWork) break;
      if (!node.hasReady()) return drained;
      const ready = node.ready();
      applied += ready.committedEntries.length;
      this.#handle(ready, drained);
    }
    drained.more = node.hasReady();
    return drained;
  }

  /**
   * Applies one committed entry to raft's configuration and the state machine, and answers its
   * client.
   */
  apply(entry: Entry): boolean {
    const { machine, options } = this.#core;
    if (entry.index !== machine.appliedIndex + 1) {
      throw new Error(`entry ${entry.index} follows applied index ${machine.appliedIndex}`);
    }
    const answered = this.#applyByType(entry);
    options.observer?.applied(entry, machine);
    return this.#parts.rounds.reads.applied(entry.index) || answered;
  }

  #handle(ready: Ready, drained: Drained): void {
    const { storage, transport, options } = this.#core;
    const { node, commits, rounds, proposals, snapshots } = this.#parts;
    options.observer?.ready(ready, node.basicStatus());
    if (ready.softState !== undefined) this.#changeRole(ready.softState);
    const mail = sortMail(ready.messages);
    const first = ready.entries[0]?.index;
    const durable = first === undefined ? storage.raft.lastIndex() : first - 1;
    const [earlier, later] = splitAt(ready.committedEntries, durable);

    // Before the write.
    const [early, held] = heldBack(mail.early, storage.sleepRecord);
    const unreachable = new Set(transport.send(commits.take(early)));
    for (const heartbeat of mail.readRounds) rounds.sendRound(heartbeat, this.ticked);
    if (this.#applyAll(earlier)) drained.answered = true;

    // The write.
    if (ready.snapshot !== undefined) {
      this.#install(ready.snapshot, ready);
      drained.installed = true;
    } else if (storage.save(ready.hardState, ready.entries) > 0) rounds.confirmation.rowBegun();

    // After the write.
    const late = commits.take([...held, ...mail.late]);
    for (const peer of transport.send(late)) unreachable.add(peer);
    for (const response of mail.roundResponses) drained.roundResponse = response;
    for (const read of ready.readStates) rounds.holdReadState(read.requestCtx, read.index);
    for (const response of mail.readIndexResponses) rounds.holdReadIndexResp(response);
    if (this.#applyAll(later)) drained.answered = true;
    node.advance();
    if (ready.hardState !== undefined) proposals.committed(ready.hardState.commit);
    for (const snapshot of mail.snapshots) snapshots.sender.send(snapshot);
    for (const peer of unreachable) node.reportUnreachable(peer);
  }

  #changeRole(softState: NonNullable<Ready["softState"]>): void {
    const { role, commits, rounds, proposals, snapshots, listeners } = this.#parts;
    const { lost, won } = role.update(softState);
    if (lost) {
      proposals.leadershipLost();
      rounds.reset();
      commits.end();
      snapshots.sender.reset();
      for (const listener of listeners) listener.followed?.();
    }
    if (won) for (const listener of listeners) listener.leading?.();
  }

  #applyAll(entries: readonly Entry[]): boolean {
    if (entries.length === 0) return false;
    let answered = false;
    for (const entry of entries) if (this.apply(entry)) answered = true;
    for (const listener of this.#parts.listeners) listener.allApplied?.();
    return answered;
  }

  #applyByType(entry: Entry): boolean {
    switch (entry.type) {
      case EntryType.EntryNormal:
        return this.#applyNormal(entry);
      case EntryType.EntryConfChange:
      case EntryType.EntryConfChangeV2:
        return this.#reconfigure(entry, changeIn(entry));
      default:
        throw new CannotApplyError(`entry ${entry.index} has the unknown type ${entry.type}`);
    }
  }

  #applyNormal({ index, term, data }: Entry): boolean {
    const { machine } = this.#core;
    const { proposals, listeners } = this.#parts;
    if (data.length === 0) {
      machine.applyEmpty(index, term);
      return proposals.applied(index, term, () => ({ kind: "refused" }));
    }
    const applied = machine.apply({ index, term, data });
    for (const listener of listeners) listener.applied?.(applied);
    return proposals.applied(index, term, () => ({ kind: "applied", applied }));
  }

  #reconfigure({ index, term }: Entry, change: ConfChangeV2): boolean {
    const { node, role, proposals, listeners } = this.#parts;
    const confState = node.applyConfChange(change);
    this.#core.machine.applyConfChange(index, term, change, confState);
    role.reconfigure(confState);
    for (const listener of listeners) listener.reconfigured?.();
    return proposals.applied(index, term, () => ({ kind: "reconfigured" }));
  }

  /** Installs the snapshot of a Ready, which was stepped in this turn. */
  #install(...[snapshot, ready]: Parameters<Snapshots["install"]>): void {
    const { machine, options } = this.#core;
    const { role, rounds, snapshots, listeners } = this.#parts;
    const { metadata } = snapshot;
    this.installing = true;
    snapshots.install(snapshot, ready);
    this.installing = false;
    options.observer?.installed(metadata, machine);
    rounds.confirmation.rowBegun();
    role.reconfigure(metadata.confState);
    rounds.reads.applied(metadata.index);
    for (const listener of listeners) listener.installed?.();
    for (const listener of listeners) listener.reconfigured?.();
  }
}

/** The configuration change in a committed entry. Throws for a kind that only newer code knows. */
function changeIn({ index, type, data }: Entry): ConfChangeV2 {
  try {
    if (type === EntryType.EntryConfChangeV2) return decodeConfChangeV2(data);
    return confChangeAsV2(decodeConfChange(data));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const what = `entry ${index} changes the configuration in a way not known here`;
    throw new CannotApplyError(`${what}: ${error.message}`);
  }
}

interface Mail {
  /** A leader's MsgApp and MsgHeartbeat: followers flush while it does. */
  readonly early: Message[];
  readonly late: Message[];
  readonly readRounds: Message[];
  readonly roundResponses: Message[];
  readonly readIndexResponses: Message[];
  readonly snapshots: Message[];
}

function sortMail(messages: readonly Message[]): Mail {
  const mail: Mail = {
    early: [],
    late: [],
    readRounds: [],
    roundResponses: [],
    readIndexResponses: [],
    snapshots: [],
  };
  for (const message of messages) boxOf(mail, message).push(message);
  return mail;
}

function boxOf(mail: Mail, message: Message): Message[] {
  const round = message.context !== undefined && message.context.length > 0;
  switch (message.type) {
    case MessageType.MsgApp:
      return mail.early;
    case MessageType.MsgHeartbeat:
      return round ? mail.readRounds : mail.early;
    case MessageType.MsgHeartbeatResp:
      return round ? mail.roundResponses : mail.late;
    case MessageType.MsgReadIndexResp:
      return mail.readIndexResponses;
    case MessageType.MsgSnap:
      return mail.snapshots;
    default:
      return mail.late;
  }
}

/**
 * What of a leader's messages may leave before the write, and what must wait for it. While its
 * sleep record is in force, and a later life may lead on in the same term, an entry beyond it
 * leaves only when a row has it: such a life would make another entry of that index and term.
 */
function heldBack(messages: Message[], record: SleepRecord | undefined): [Message[], Message[]] {
  if (record === undefined) return [messages, []];
  const [free, held]: [Message[], Message[]] = [[], []];
  for (const message of messages) {
    const beyond = (message.entries.at(-1)?.index ?? 0) > record.index;
    (beyond ? held : free).push(message);
  }
  return [free, held];
}

/** The entries up to `index`, and those after it. */
function splitAt(entries: readonly Entry[], index: number): [readonly Entry[], readonly Entry[]] {
  const at = entries.findIndex((entry) => entry.index > index);
  return at < 0 ? [entries, []] : [entries.slice(0, at), entries.slice(at)];
}
