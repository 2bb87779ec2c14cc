import { type Entry, type Message, MessageType, type Snapshot } from "../../proto/raftpb.ts";
import type { RawNode, ReadState, Ready, SoftState } from "../../raft/index.ts";

/** What one Ready asks of the rest of the member, in the order in which the turn asks it. */
export interface TurnParts {
  readonly node: RawNode;
  readonly log: TurnLog;
  /** Somebody watches this member: see observer.ts. */
  observe(ready: Ready): void;
  /** Before all else: who leads, and whether this node does. */
  roleChanged(state: SoftState): void;
  /** Sends messages; returns peers that could not be reached. */
  send(messages: readonly Message[]): readonly number[];
  /** A heartbeat that asks for a read round's acknowledgement. */
  sendReadRound(heartbeat: Message): void;
  /** An acknowledgement of a read round, made while its question was stepped. */
  answerReadRound(response: Message): void;
  sendSnapshot(message: Message): void;
  /** This node's own reads, and those it was asked by followers: given away when confirmed. */
  holdReadState(read: ReadState): void;
  holdReadIndexResp(response: Message): void;
  /** Applies one committed entry, and answers its client. True where one was answered. */
  apply(entry: Entry): boolean;
  /** Units of work that all entries took which were applied so far. */
  work(): number;
  /** After entries were applied, before anything else: whoever watches may be told. */
  applied(): void;
  /** The Ready carries the snapshot that was stepped in this turn. */
  install(snapshot: Snapshot, ready: Ready): void;
  /** A row was written that is durable when the gate opens. */
  rowWritten(): void;
  committed(index: number): void;
}

/** The write-ahead log, as the turn sees it. */
export interface TurnLog {
  /** The last index that is written, in this turn or before. */
  lastIndex(): number;
  /** Writes a Ready's entries and HardState; returns the rows that took. */
  save(hardState: Ready["hardState"], entries: readonly Entry[]): number;
}

/** Readies handled in one turn, whatever is in them. */
const maxReadies = 256;

/**
 * Units of work (kv/work.ts, about a nanosecond each) after which no other Ready is begun: the
 * entries of one are few bytes (raft-config.ts), so that a turn ends soon, also where what it
 * replays is the dearest that may be.
 */
export const maxTurnWork = 500_000_000;

/**
 * Does what raft asks, in the order that the design gives one turn: what needs no persistence and
 * the application of what is durable come before the write, so that neither waits for its flush;
 * votes, responses and what only this write makes durable come after it, so that the gate holds
 * them.
 *
 * `advance` follows at once: until the write is durable, nothing that rests on it leaves.
 */
export class Turn {
  readonly #parts: TurnParts;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /**
   * Handles what is ready, until about `maxEntries` were applied or they took long. Returns whether
   * a client was answered, and whether more is left for another turn.
   */
  drain(maxEntries: number): { readonly answered: boolean; readonly more: boolean } {
    const { node } = this.#parts;
    let answered = false;
    let applied = 0;
    const lastWork = this.#parts.work() + maxTurnWork;
    for (let i = 0; i < maxReadies && applied < maxEntries; i++) {
      if (this.#parts.work() > lastWork) break;
      if (!node.hasReady()) return { answered, more: false };
      const ready = node.ready();
      applied += ready.committedEntries.length;
      if (this.#handle(ready)) answered = true;
    }
    return { answered, more: node.hasReady() };
  }

  #handle(ready: Ready): boolean {
    const { node, log } = this.#parts;
    this.#parts.observe(ready);
    if (ready.softState !== undefined) this.#parts.roleChanged(ready.softState);
    const mail = sortMail(ready.messages);
    const first = ready.entries[0]?.index;
    const durable = first === undefined ? log.lastIndex() : first - 1;
    const [earlier, later] = splitAt(ready.committedEntries, durable);

    // Before the write.
    const unreachable = new Set(this.#parts.send(mail.early));
    for (const heartbeat of mail.readRounds) this.#parts.sendReadRound(heartbeat);
    let answered = this.#apply(earlier);

    // The write.
    if (ready.snapshot !== undefined) this.#parts.install(ready.snapshot, ready);
    else if (log.save(ready.hardState, ready.entries) > 0) this.#parts.rowWritten();

    // After the write.
    for (const peer of this.#parts.send(mail.late)) unreachable.add(peer);
    for (const response of mail.roundResponses) this.#parts.answerReadRound(response);
    for (const read of ready.readStates) this.#parts.holdReadState(read);
    for (const response of mail.readIndexResponses) this.#parts.holdReadIndexResp(response);
    if (this.#apply(later)) answered = true;
    node.advance();
    if (ready.hardState !== undefined) this.#parts.committed(ready.hardState.commit);
    for (const snapshot of mail.snapshots) this.#parts.sendSnapshot(snapshot);
    for (const peer of unreachable) node.reportUnreachable(peer);
    return answered;
  }

  #apply(entries: readonly Entry[]): boolean {
    if (entries.length === 0) return false;
    let answered = false;
    for (const entry of entries) if (this.#parts.apply(entry)) answered = true;
    this.#parts.applied();
    return answered;
  }
}

interface Mail {
  /** A leader's MsgApp and MsgHeartbeat: its followers' flushes run beside its own. */
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

/** Entries up to `index`, and those after it. */
function splitAt(entries: readonly Entry[], index: number): [readonly Entry[], readonly Entry[]] {
  const at = entries.findIndex((entry) => entry.index > index);
  return at < 0 ? [entries, []] : [entries.slice(0, at), entries.slice(at)];
}
